"""Design: new molecules from what the bridge retrieves for a goal, each with a full account of where it comes from."""
