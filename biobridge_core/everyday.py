"""What people call findings in everyday words, where the graph's synonyms have no such word. Put together by hand."""

from __future__ import annotations

#: Phrase, folded as names are -> phenotype of the HPO.
EVERYDAY: dict[str, str] = {
    phrase: curie
    for curie, phrases in {
        "HP:0000252": "small head|a small head|head is small|tiny head|small skull",
        "HP:0000256": "large head|big head|large skull",
        "HP:0001250": "fits|convulsion|convulsions|seizing|epileptic fits",
        "HP:0000365": "hearing loss|hard of hearing|loss of hearing|poor hearing|cannot hear|deaf",
        "HP:0000618": "blind|cannot see|loss of sight",
        "HP:0000505": "poor eyesight|poor vision|bad eyesight|reduced vision",
        "HP:0000651": "sees double|seeing double|double vision",
        "HP:0000613": "sensitive to light|light hurts the eyes",
        "HP:0000518": "cloudy lens|clouded lens|cataracts",
        "HP:0001252": "floppy|floppy baby|floppiness|low muscle tone|poor muscle tone",
        "HP:0001324": "weak muscles|weakness of muscles|muscles are weak",
        "HP:0001337": "shaking hands|trembling|shakiness",
        "HP:0001251": "unsteady|unsteady on the feet|clumsy walk|poor balance|loses balance|loss of balance",
        "HP:0001263": "late development|slow development|late milestones|delayed milestones",
        "HP:0001249": "learning disability|intellectual impairment|mental retardation",
        "HP:0001344": "does not speak|cannot speak|no speech|nonverbal|non verbal",
        "HP:0000750": "late to speak|slow to talk|late talker|speech delay|language delay",
        "HP:0004322": "very short|small for age|short height|small height",
        "HP:0000098": "very tall|unusually tall",
        "HP:0001510": "poor growth|slow growth|does not grow|growth failure",
        "HP:0001508": "does not thrive|not thriving|poor weight gain",
        "HP:0001513": "overweight|very overweight|obese",
        "HP:0001824": "losing weight|loses weight|lost weight",
        "HP:0012378": "tired|tiredness|exhaustion|always tired",
        "HP:0002094": "short of breath|shortness of breath|breathless|breathlessness|trouble breathing",
        "HP:0000961": "blue skin|blue lips|skin turns blue|turns blue",
        "HP:0000952": "yellow skin|yellow eyes",
        "HP:0000978": "bruises easily|easy bruising",
        "HP:0000421": "nosebleed|nosebleeds|nose bleeds|bleeding from the nose",
        "HP:0001945": "high temperature|raised temperature",
        "HP:0002315": "headaches|head aches|pain in the head",
        "HP:0002321": "dizziness|dizzy|spinning sensation",
        "HP:0001279": "fainting|faints|fainted|passing out|passes out",
        "HP:0002013": "throwing up|throws up|vomits",
        "HP:0002014": "loose stools|diarrhoea",
        "HP:0002015": "trouble swallowing|difficulty swallowing|cannot swallow",
        "HP:0000822": "high blood pressure",
        "HP:0001962": "heart races|racing heart|pounding heart",
        "HP:0001596": "hair loss|loss of hair|hair fell out|bald",
        "HP:0000739": "anxious|worries a lot",
        "HP:0000716": "depressed|low mood",
        "HP:0100785": "cannot sleep|trouble sleeping|sleeplessness",
        "HP:0000717": "autistic",
        "HP:0002376": "loses skills|lost skills|loss of skills",
        "HP:0001382": "loose joints|hypermobile joints|double jointed",
        "HP:0001161": "extra fingers|extra finger",
        "HP:0000175": "hole in the palate",
        "HP:0000204": "harelip|hare lip",
    }.items()
    for phrase in phrases.split("|")
    if phrase
}
