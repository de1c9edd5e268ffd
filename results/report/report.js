"use strict";
// Texts are put on the page as text (textContent), never as HTML.
(() => {
  const values = JSON.parse(document.getElementById("values").textContent);
  const PAGE = 100, PRINTED = 2000, TIMELINE = 24;
  const SIGNS = { ce: ["■", "censored"], cl: ["●", "clear"], in: ["◆", "inconclusive"] };
  const ORDER = { censored: 0, inconclusive: 1, clear: 2 };
  const byId = (id) => document.getElementById(id);
  const collator = new Intl.Collator(undefined, { numeric: true });

  function make(name, properties = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(properties)) {
      if (value === undefined || value === null) continue;
      if (key in element && key !== "list") element[key] = value;
      else element.setAttribute(key, value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  }

  const percent = (share) =>
    (share * 100).toLocaleString("en", { maximumFractionDigits: 1 }) + " %";
  const rate = (value) =>
    value ? `${percent(value[0])} (${percent(value[1])} – ${percent(value[2])})` : "not measured";
  const number = (value) => value.toLocaleString("en");
  const probability = (p) => p > 0.999 ? "> 0.999" : p < 0.001 ? "< 0.001" : p.toFixed(3);
  const word = (of, name = "span") =>
    make(name, { className: "word", lang: of.lang, dir: of.dir }, of.word);

  // What is left out of an entry is as usual.
  const places = new Map();
  for (const entry of values.entries) {
    if (!places.has(entry.id)) places.set(entry.id, places.size);
    entry.block = Math.floor(places.get(entry.id) / values.of_block);
    entry.pools ??= [0, 0];
    entry.void ??= 0;
    entry.unknown ??= 0;
    entry.how ??= "";
    entry.said ??= [];
    entry.rules ??= values.rules;
    entry.run = values.runs[entry.run ?? 0].id;
  }

  // -- headline ----------------------------------------------------------------------------------
  byId("headline").textContent = values.headline[0];
  document.title = `Undelivered: ${values.headline[0]}`;
  byId("notes").append(...values.headline.slice(1).map((line) => make("p", {}, line)));
  byId("footer").append(
    make("p", {}, `Made by undelivered ${values.software}, rules version ${values.rules}. Accounts ` +
      "are labels; texts that nobody here sent, and faults in words, are left out. Times are UTC."));

  // -- the table of entries ----------------------------------------------------------------------
  const isMany = values.conditions.length > 1;
  const columns = [
    { name: "Word", key: (e) => e.word },
    { name: "Language", key: (e) => e.lang, wide: true },
    { name: "Category", key: (e) => e.category, wide: true },
    { name: "List", key: (e) => e.list, wide: true },
    ...(isMany ? [{ name: "Condition", key: (e) => values.conditions[e.condition] }] : []),
    { name: "Verdict", key: (e) => ORDER[e.verdict] },
    { name: "Probability", key: (e) => e.p[0], number: true, title: "that it is censored, at even odds before" },
    { name: "Blocked", key: (e) => e.solo[0] + e.pools[0], number: true, title: "counted messages that did not arrive as sent" },
    { name: "Arrived", key: (e) => e.solo[1] + e.pools[1], number: true, title: "counted messages that arrived as sent" },
    { name: "How", key: (e) => e.how, wide: true },
    ...(values.timeline.length > 1 ? [{ name: "Runs", key: (e) => e.said.map((s) => s[1]).join("") }] : []),
  ];
  const state = { sort: columns.findIndex((c) => c.name === "Verdict"), down: false, shown: PAGE, open: new Set() };
  const table = byId("table"), head = make("thead"), body = make("tbody");
  table.append(head, body);
  const headings = columns.map((column, place) => {
    const button = make("button", { type: "button", title: column.title }, column.name);
    button.addEventListener("click", () => {
      state.down = state.sort === place && !state.down;
      state.sort = place;
      draw();
    });
    const classes = [column.number && "number", column.wide && "wide"].filter(Boolean).join(" ");
    return make("th", { scope: "col", className: classes }, button);
  });
  head.append(make("tr", {}, ...headings));

  const filters = byId("filters"), chosen = {};
  const search = make("input", { type: "search", id: "search", autocomplete: "off", spellcheck: false });
  filters.append(make("label", {}, "Search", search));
  function filter(label, of, names = (value) => value) {
    const counts = new Map();
    for (const entry of values.entries) counts.set(of(entry), (counts.get(of(entry)) || 0) + 1);
    if (counts.size < 2) return;
    const select = make("select", {}, make("option", { value: "" }, "all"));
    for (const value of [...counts.keys()].sort(collator.compare)) {
      select.append(make("option", { value: String(value) }, `${names(value) || "(none)"} (${number(counts.get(value))})`));
    }
    select.addEventListener("change", () => {
      // The empty value stands for all; an entry may have an empty category.
      chosen[label] = select.selectedIndex === 0 ? null : (entry) => String(of(entry)) === select.value;
      restart();
    });
    filters.append(make("label", {}, label, select));
  }
  filter("Verdict", (e) => e.verdict);
  filter("Category", (e) => e.category);
  filter("Language", (e) => e.lang);
  filter("List", (e) => e.list);
  filter("Condition", (e) => e.condition, (place) => values.conditions[place]);
  filters.addEventListener("submit", (event) => event.preventDefault());
  filters.hidden = !values.entries.length;
  search.addEventListener("input", restart);

  function restart() {
    state.shown = PAGE;
    draw();
  }

  function wanted() {
    const text = search.value.normalize("NFKC").toLocaleLowerCase();
    const tests = Object.values(chosen).filter(Boolean);
    const found = values.entries.filter((entry) =>
      (!text || entry.found.includes(text)) && tests.every((test) => test(entry)));
    const { key } = columns[state.sort], sign = state.down ? -1 : 1;
    const keyed = found.map((entry, place) => [key(entry), place, entry]);
    keyed.sort(([a, m], [b, n]) =>
      sign * (typeof a === "number" ? a - b : collator.compare(a, b)) || m - n);
    return keyed.map(([, , entry]) => entry);
  }
  for (const entry of values.entries) {
    entry.found = `${entry.word}\n${entry.source}\n${entry.id}`.normalize("NFKC").toLocaleLowerCase();
  }

  function draw(most = state.shown) {
    const entries = wanted();
    headings.forEach((heading, place) => {
      if (place === state.sort) heading.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      else heading.removeAttribute("aria-sort");
    });
    body.replaceChildren(...entries.slice(0, most).flatMap(rows));
    const all = values.entries.length;
    const seen = Math.min(most, entries.length);
    byId("count").textContent = !all ? "No entry has a verdict."
      : !entries.length ? "No entry fits. Clear the search or choose “all”."
      : seen < entries.length ? `The first ${number(seen)} of ${number(entries.length)} entries${entries.length < all ? ` that fit, of ${number(all)}` : ""}`
      : entries.length < all ? `${number(entries.length)} of ${number(all)} entries fit` : `${number(all)} ${all === 1 ? "entry" : "entries"}`;
    table.hidden = !entries.length;
    byId("more").hidden = seen >= entries.length;
  }
  byId("more").addEventListener("click", () => {
    const first = body.querySelectorAll("tr.entry").length;
    state.shown += PAGE;
    draw();
    body.querySelectorAll("tr.entry")[first]?.querySelector("button").focus();
  });

  function timeline(entry) {
    const last = entry.said.slice(-TIMELINE);
    const cell = make("td", {}, make("span", { className: "timeline", role: "img",
      ariaLabel: last.map(([run, said]) => `${values.timeline[run]}: ${SIGNS[said][1]}`).join("; ") || "never measured" },
      ...last.map(([run, said]) => make("span", { className: SIGNS[said][1] + "-sign", title: `${values.timeline[run]}: ${SIGNS[said][1]}`, style: `color: var(--${SIGNS[said][1]})` }, SIGNS[said][0]))));
    return cell;
  }

  function rows(entry) {
    const isOpen = state.open.has(entry);
    const button = make("button", { type: "button", ariaExpanded: String(isOpen) }, word(entry));
    const cells = [
      make("th", { scope: "row" }, button),
      make("td", { className: "wide" }, entry.lang),
      make("td", { className: "wide" }, entry.category),
      make("td", { className: "wide" }, entry.list),
      isMany ? make("td", {}, values.conditions[entry.condition]) : null,
      make("td", {}, make("span", { className: `verdict ${entry.verdict}` }, entry.verdict)),
      make("td", { className: "number" }, probability(entry.p[0])),
      make("td", { className: "number" }, number(entry.solo[0] + entry.pools[0])),
      make("td", { className: "number" }, number(entry.solo[1] + entry.pools[1])),
      make("td", { className: "wide" }, entry.how),
      values.timeline.length > 1 ? timeline(entry) : null,
    ];
    const row = make("tr", { className: "entry" }, ...cells.filter(Boolean));
    button.addEventListener("click", () => {
      const opens = !state.open.delete(entry);
      if (opens) state.open.add(entry);
      button.ariaExpanded = String(opens);
      if (opens) row.after(details(entry));
      else row.nextElementSibling?.classList.contains("details") && row.nextElementSibling.remove();
    });
    return isOpen ? [row, details(entry)] : [row];
  }

  // -- evidence ----------------------------------------------------------------------------------
  const blocks = new Map();
  function block(place) {
    if (!blocks.has(place)) blocks.set(place, unpack(byId(`evidence-${place}`).textContent));
    return blocks.get(place);
  }
  async function unpack(text) {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  }

  function facts(pairs) {
    return make("dl", {}, ...pairs.filter(([, value]) => value).flatMap(([name, value]) =>
      [make("dt", {}, name), make("dd", {}, value)]));
  }

  function details(entry) {
    const cell = make("div");
    const whyNot = values.why[entry.rule] || "";
    cell.append(facts([
      ["Verdict", `${entry.verdict}: ${whyNot} (${entry.rule}, rules version ${entry.rules})`],
      ["Probability", `${probability(entry.p[0])}; for a sceptic ${probability(entry.p[1])}, for one who suspects it ${probability(entry.p[2])}`],
      ["Alone", `${entry.solo[0]} blocked, ${entry.solo[1]} arrived`],
      ["With others", entry.pools[0] + entry.pools[1] ? `${entry.pools[0]} blocked, ${entry.pools[1]} arrived` : null],
      ["Not counted", entry.void + entry.unknown ? `${entry.void} void, ${entry.unknown} unknown` : null],
      ["Condition", values.conditions[entry.condition]],
      ["Language", entry.lang], ["Category", entry.category], ["List", entry.list], ["Source", entry.source],
      ["Run", entry.run], ["Entry", entry.id],
      ["Runs", entry.said.length > 1 ? entry.said.map(([run, said]) => `${values.timeline[run]} ${SIGNS[said][1]}`).join("; ") : null],
    ]));
    const place = make("div", { role: "status" }, "Opening the evidence …");
    cell.append(place);
    block(entry.block).then(
      (attempts) => place.replaceWith(evidence(attempts[entry.id] || [])),
      (error) => { place.textContent = `The evidence cannot be opened in this browser (${error}); it is in messages.csv.`; },
    );
    return make("tr", { className: "details" }, make("td", { colSpan: columns.length }, cell));
  }

  function evidence(attempts) {
    if (!attempts.length) return make("p", {}, "No message carried it.");
    const names = ["Sent", "Lane", "Outcome", "Text", "At the receiver", "At the sender", "Rule", "Attempt"];
    const rows = attempts.map((a) => {
      const text = (value) => make("bdi", { dir: a.dir }, value);
      const came = a.came !== undefined ? text(a.came) : a.ms !== undefined || a.outcome === "delivered" ? "as sent" : "not seen";
      const sender = [a.state, a.notice && `notice: ${a.notice}`, a.fault && `fault: ${a.fault}`].filter(Boolean).join("; ");
      const others = a.with ? make("div", {}, `${a.with.length} entries in one message: `, ...a.with.flatMap((each, i) => [i ? " | " : "", make("bdi", {}, each)])) : null;
      return make("tr", {},
        make("td", {}, a.at.replace("T", " ").replace("+00:00", "")),
        make("td", {}, a.lane),
        make("td", {}, a.void ? `${a.outcome}, void: ${a.void}` : a.outcome),
        make("td", { className: "text" }, text(a.text), others),
        make("td", { className: "text" }, came, a.ms !== undefined ? ` after ${number(a.ms)} ms` : "", a.read && a.read !== "tree" ? ` (read by ${a.read})` : "", a.gone ? `, gone at ${a.gone}` : ""),
        make("td", { className: "text" }, sender, a.own !== undefined ? make("div", {}, text(a.own)) : null),
        make("td", { title: values.why[a.rule] }, a.rule),
        make("td", {}, make("code", {}, a.id)));
    });
    return make("div", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: "Messages that carried it" },
      make("table", {}, make("thead", {}, make("tr", {}, ...names.map((name) => make("th", { scope: "col" }, name)))),
        make("tbody", {}, ...rows)));
  }

  // -- the other tables --------------------------------------------------------------------------
  function plain(where, names, rows) {
    where.append(make("table", {},
      make("thead", {}, make("tr", {}, ...names.map((name) => make("th", { scope: "col" }, name)))),
      make("tbody", {}, ...rows.map((cells) => make("tr", {}, ...cells.map((cell, place) =>
        make(place ? "td" : "th", place ? {} : { scope: "row" }, cell)))))));
  }
  const several = values.runs.length > 1;
  const place = (id) => document.querySelector(`#${id} .scroll`);
  if (values.lanes.length) {
    plain(place("lanes"),
      ["Lane", ...(several ? ["Run"] : []), "Accounts", "Messages", "Void", "Controls arrived / lost", "Canaries blocked / arrived", "Specificity", "Sensitivity"],
      values.lanes.map((l) => [l.lane, ...(several ? [l.run] : []), l.accounts, number(l.messages), number(l.void),
        `${number(l.controls[0])} / ${number(l.controls[1])}`, `${number(l.canaries[0])} / ${number(l.canaries[1])}`,
        rate(l.specificity), rate(l.sensitivity)]));
  } else place("lanes").append(make("p", {}, "No message was sent on any lane."));
  plain(place("runs"),
    ["Run", "Began", "Ended", "Condition", "Messages", "Specificity", "Sensitivity", "Testbed, strategy, seed", "Lists (SHA-256)"],
    values.runs.map((r) => [make("code", {}, r.id), r.started, r.stopped ? `${r.finished || "?"}, early: ${r.stopped}` : r.finished || "not finished, or killed",
      r.conditions.join("; "), number(r.messages), rate(r.specificity), rate(r.sensitivity),
      `${r.testbed}, ${r.strategy}, ${r.seed}`,
      Object.entries(r.lists).map(([name, hash]) => `${name} ${hash.slice(0, 12)}`).join(", ")]));
  if (values.combinations.length) {
    byId("combinations").hidden = false;
    plain(place("combinations"), ["Words", "Condition", "Blocked together", "Run"],
      values.combinations.map((c) => [
        make("span", {}, ...c.words.flatMap((each, i) => [i ? " | " : "", word(each)])),
        c.condition, `${c.blocked} times`, make("code", {}, c.run)]));
  }

  // -- paper -------------------------------------------------------------------------------------
  addEventListener("beforeprint", () => draw(PRINTED));
  addEventListener("afterprint", () => draw());
  draw();
})();
