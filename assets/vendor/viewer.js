/* Sequence and structure in one frame, so that what is selected in one shows in the other without asking the server.
   Everything foreign is put in as text or as numbers, never as HTML. Speaks Streamlit's component messages. */
"use strict";
(function () {
  const by = (id) => document.getElementById(id);
  const stage = by("stage"), strip = by("sequence"), said = by("said");
  const CONFIDENCE = [[90, "#0053d6", "very high (over 90)"], [70, "#65cbf3", "high (70–90)"],
    [50, "#ffdb13", "low (50–70)"], [-1e9, "#ff7d45", "very low (under 50)"]];
  const CHAINS = ["#0072b2", "#d55e00", "#00805e", "#b0468c", "#b07a00", "#56b4e9", "#6f4fb8", "#8a6a00"];
  const UP = [230, 120, 0], DOWN = [40, 120, 215], PICKED = "#c2188f";
  let args = {}, viewer = null, drawn = "", written = "", colour = "", wanted = "", from = 0, to = 0, anchor = 0, letters = [];

  function send(type, more) {
    window.parent.postMessage(Object.assign({isStreamlitMessage: true, type: type}, more || {}), "*");
  }
  function fit() { send("streamlit:setFrameHeight", {height: Math.ceil(by("root").getBoundingClientRect().height) + 4}); }

  /* ---------------------------------------------------------------- colours */
  function share(position) {
    const value = args.values ? args.values[position - 1] : null;
    const most = args.most || 0;
    return value === null || value === undefined || !most ? 0 : Math.max(-1, Math.min(1, value / most));
  }
  function tint(part) {
    const strength = Math.abs(part), ink = part > 0 ? UP : DOWN, ground = 232;
    return "rgb(" + ink.map((c) => Math.round(ground + (c - ground) * strength)).join(",") + ")";
  }
  function confidence(value) { return CONFIDENCE.find((step) => value >= step[0])[1]; }
  function places() { return args.places || []; }
  function position(chain, number) {
    const place = places().find((p) => p.chain === chain);
    return place ? number + place.shift : 0;
  }
  function colourOf(atom) {
    if (colour === "confidence") return confidence(atom.b);
    if (colour === "carries") {
      const where = position(atom.chain, atom.resi);
      return where ? tint(share(where)) : "#b9c2c6";
    }
    const chains = args.chains || [];
    return CHAINS[Math.max(0, chains.indexOf(atom.chain)) % CHAINS.length];
  }
  function options() {
    const found = [];
    if (args.values) found.push(["carries", args.values_label || "What carries the score"]);
    if (args.model && args.confidence) found.push(["confidence", "Model confidence"]);
    if (args.model && args.kind === "protein") found.push(["chain", (args.chains || []).length > 1 ? "Chain" : "One colour"]);
    return found;
  }
  function buttons() {
    const found = options();
    if (!found.some((option) => option[0] === wanted)) wanted = "";
    colour = wanted || (found.length ? found[0][0] : "chain");
    const place = by("colours");
    place.replaceChildren();
    if (found.length > 1) found.forEach(function (option) {
      const made = document.createElement("button");
      made.type = "button";
      made.textContent = option[1];
      made.setAttribute("aria-pressed", String(option[0] === colour));
      made.onclick = function () { wanted = option[0]; buttons(); paint(); fit(); };
      place.append(made);
    });
    legend();
  }
  function legend() {
    const lines = [];
    if (colour === "confidence") CONFIDENCE.forEach((step) => lines.push([step[1], "pLDDT " + step[2]]));
    if (colour === "carries") {
      lines.push([tint(1), "raises the score"], [tint(0), "no weight"], [tint(-1), "lowers it"]);
    }
    by("legend").replaceChildren(...lines.map(function (line) {
      const one = document.createElement("span"), dot = document.createElement("i");
      dot.style.background = line[0];
      one.append(dot, line[1]);
      return one;
    }));
  }

  /* ---------------------------------------------------------------- sequence */
  function write() {
    const sequence = String(args.sequence || "").replace(/[^A-Z]/g, "X");
    strip.hidden = !sequence;
    by("pick").hidden = !sequence;
    if (written === sequence) return;
    written = sequence;
    from = to = 0;
    letters = [];
    const rows = document.createDocumentFragment();
    for (let start = 0; start < sequence.length; start += 60) {
      const row = document.createElement("div");
      row.className = "row";
      const count = document.createElement("span");
      count.className = "n";
      count.textContent = String(start + 1);
      row.append(count);
      for (let block = start; block < Math.min(start + 60, sequence.length); block += 10) {
        const group = document.createElement("span");
        for (let i = block; i < Math.min(block + 10, sequence.length); i += 1) {
          const letter = document.createElement("b");
          letter.textContent = sequence[i];
          letter.dataset.p = String(i + 1);
          letters.push(letter);
          group.append(letter);
        }
        row.append(group);
      }
      rows.append(row);
    }
    strip.replaceChildren(rows);
  }
  function paintLetters() {
    const weighted = Boolean(args.values) && colour === "carries";
    letters.forEach(function (letter, i) {
      const part = weighted ? share(i + 1) : 0;
      letter.classList.toggle("on", i + 1 >= from && i + 1 <= to);
      letter.classList.toggle("v", weighted && Math.abs(part) > 0.04);
      letter.style.background = weighted && Math.abs(part) > 0.04 ? tint(part) : "";
    });
  }
  function under(event) {
    const hit = document.elementFromPoint(event.clientX, event.clientY);
    return hit && hit.dataset && hit.dataset.p ? Number(hit.dataset.p) : 0;
  }
  strip.addEventListener("pointerdown", function (event) {
    const where = under(event);
    if (!where) return;
    if (event.shiftKey && from) { choose(Math.min(from, where), Math.max(to, where)); return; }
    anchor = event.pointerType === "mouse" ? where : 0;
    choose(where, where);
  });
  strip.addEventListener("pointermove", function (event) {
    const where = anchor ? under(event) : 0;
    if (where) choose(Math.min(anchor, where), Math.max(anchor, where));
  });
  window.addEventListener("pointerup", function () { anchor = 0; });
  by("pick").addEventListener("submit", function (event) {
    event.preventDefault();
    const numbers = by("range").value.match(/\d+/g);
    if (!numbers) { tell("Type a residue number or a range such as 120-140."); return; }
    const one = Number(numbers[0]), other = Number(numbers[1] || numbers[0]);
    if (Math.min(one, other) < 1 || Math.min(one, other) > written.length) {
      tell("The sequence has residues 1 to " + written.length + ".");
      return;
    }
    choose(Math.min(one, other), Math.min(Math.max(one, other), written.length), true);
  });
  by("clear").onclick = function () { choose(0, 0); by("range").value = ""; };
  by("zoom").onclick = function () { if (viewer) { viewer.zoomTo(picked(), 400); viewer.render(); } };
  by("reset").onclick = function () { if (viewer) { viewer.zoomTo({}, 300); viewer.render(); } };
  function tell(words) { said.textContent = words; }
  function choose(first, last, show) {
    if (first === from && last === to && !show) return;
    from = first;
    to = last;
    const n = to - from + 1;
    by("clear").hidden = by("zoom").hidden = !from;
    by("zoom").hidden = by("zoom").hidden || !viewer || !places().length;
    if (!from) tell(standing());
    else {
      const shown = written.slice(from - 1, Math.min(to, from + 29));
      tell((n === 1 ? "Residue " + from : "Residues " + from + "–" + to + " (" + n + ")") + ": " + shown + (n > 30 ? "…" : "") +
        (args.model && places().length && !resolved() ? " · not in the structure" : ""));
      if (show && letters[from - 1]) letters[from - 1].scrollIntoView({block: "nearest"});
    }
    paint();
  }
  function standing() {
    const drag = args.sequence ? "Drag over letters, or click and shift-click, to select residues" : "";
    return drag + (drag && args.model && places().length ? "; they light up in the structure." : drag ? "." : "");
  }

  /* ---------------------------------------------------------------- structure */
  function picked() {
    return {predicate: (atom) => { const p = position(atom.chain, atom.resi); return p >= from && p <= to && from > 0; }};
  }
  function resolved() { return viewer ? viewer.selectedAtoms(picked()).length : 0; }
  function dress() {
    if (!viewer) return;
    if (args.kind === "molecule") {
      viewer.setStyle({}, {stick: {radius: 0.13, colorscheme: "greyCarbon"}, sphere: {scale: 0.22, colorscheme: "greyCarbon"}});
    } else {
      viewer.setStyle({}, {cartoon: {colorfunc: colourOf}});
      viewer.setStyle({hetflag: true}, {stick: {radius: 0.18, colorscheme: "greyCarbon"}});
      if (from) {
        viewer.setStyle(picked(), {cartoon: {color: PICKED, thickness: 0.8}, stick: {radius: 0.16, color: PICKED}});
      }
    }
    viewer.render();
  }
  function draw() {
    stage.hidden = !args.model;
    by("reset").hidden = !args.model;
    stage.setAttribute("aria-label", args.label || "Three-dimensional structure");
    document.documentElement.style.setProperty("--height", (Number(args.height) || 400) + "px");
    if (!args.model || drawn === args.model) return;
    drawn = args.model;
    stage.replaceChildren();
    viewer = null;
    try {
      viewer = window.$3Dmol.createViewer(stage, {backgroundAlpha: 0, antialias: true});
      viewer.setBackgroundColor(0xffffff, 0);
      viewer.addModel(args.model, args.format === "sdf" ? "sdf" : "pdb");
      viewer.setClickable({}, args.kind === "protein", function (atom) {
        const where = position(atom.chain, atom.resi);
        if (where) choose(where, where, true);
        else tell(atom.resn + " " + atom.resi + ", chain " + atom.chain);
      });
      viewer.setHoverDuration(150);
      viewer.setHoverable({}, true, function (atom) {
        const words = args.kind === "molecule" ? atom.elem : atom.resn + " " + atom.resi +
          (args.confidence ? " · pLDDT " + atom.b.toFixed(0) : "");
        atom.hint = viewer.addLabel(words, {position: atom, fontSize: 12, backgroundOpacity: 0.75});
      }, function (atom) { if (atom.hint) { viewer.removeLabel(atom.hint); delete atom.hint; } });
      dress();
      viewer.zoomTo();
      viewer.render();
      stage.dataset.atoms = String(viewer.selectedAtoms({}).length);
    } catch (problem) {
      viewer = null;
      const words = document.createElement("p");
      words.className = "none";
      words.textContent = "This browser cannot draw in three dimensions (WebGL is switched off or missing). Everything else works.";
      stage.replaceChildren(words);
      stage.dataset.atoms = "0";
    }
  }
  function paint() { paintLetters(); dress(); stage.dataset.picked = String(from && viewer ? resolved() : 0); }

  /* ---------------------------------------------------------------- messages */
  function theme(given) {
    if (!given) return;
    const root = document.documentElement.style;
    [["--text", given.textColor], ["--ground", given.backgroundColor], ["--second", given.secondaryBackgroundColor],
      ["--accent", given.primaryColor]].forEach((pair) => { if (/^[#\w(),. %]+$/.test(pair[1] || "")) root.setProperty(pair[0], pair[1]); });
  }
  window.addEventListener("message", function (event) {
    if (!event.data || event.data.type !== "streamlit:render") return;
    const next = event.data.args || {};
    theme(event.data.theme);
    if (JSON.stringify(next.values) !== JSON.stringify(args.values)) wanted = "";  // new colours are shown at once
    args = next;
    write();
    draw();
    buttons();
    if (!from) tell(standing());
    paint();
    fit();
    if (viewer) viewer.resize();
    window.setTimeout(fit, 60);
  });
  window.addEventListener("resize", function () { if (viewer) viewer.resize(); fit(); });
  send("streamlit:componentReady", {apiVersion: 1});
})();
