// One look at a web app: what the selectors of a profile find, as a tree of plain values, in XML.
//
// arguments: places       selectors by place: {place: [{css: …} or {xpath: …}]}
//            rowsOf       which places are looked for inside rows: {place: place of the rows}
//            containers   places whose text nobody asks for, as rows hold much besides the message
//            tapped       places that may be tapped
//            most         how many rows of the conversation to read, the newest
//            first        number of the first handle, so that none is given twice
//
// Nothing here knows an app, and the text of a message never comes in: it only goes out.
const [places, rowsOf, containers, tapped, most, first] = arguments;

const NAME = /^[a-z_][\w.-]*$/;
const LONGEST_ATTRIBUTE = 500;

const isShown = (element) => element.checkVisibility({visibilityProperty: true});
const follows = (one, other) =>
  Boolean(one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING);

function find(selector, root) {
  if (selector.css !== undefined) return [...root.querySelectorAll(selector.css)];
  const found = document.evaluate(
    selector.xpath, root, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE, null);
  return Array.from({length: found.snapshotLength}, (_, at) => found.snapshotItem(at))
    .filter((node) => node instanceof Element);
}

const found = new Map();   // place → elements that are shown
const leftOut = new Set(); // what is shown and not read
let older = 0;             // rows of the conversation among it
for (const [place, selectors] of Object.entries(places)) {
  if (place in rowsOf) continue;
  let elements = selectors.flatMap((each) => find(each, document)).filter(isShown);
  if (place === "row") {
    elements = [...new Set(elements)].sort((one, other) => follows(one, other) ? -1 : 1);
    older = Math.max(0, elements.length - most);
    elements.splice(0, older).forEach((row) => leftOut.add(row));
  }
  found.set(place, elements);
}
for (const [place, selectors] of Object.entries(places)) {
  if (!(place in rowsOf)) continue;
  const inside = found.get(rowsOf[place]) ?? [];
  found.set(place, inside.flatMap((row) => selectors.flatMap((each) => find(each, row))).filter(isShown));
}
// What the app says above the oldest row that is read belongs to a row that is not.
const [oldest] = found.get("row") ?? [];
if (oldest && found.has("notice")) {
  const [above, below] = [false, true].map((isBelow) =>
    found.get("notice").filter((each) => (each === oldest || follows(oldest, each)) === isBelow));
  above.forEach((each) => leftOut.add(each));
  found.set("notice", below);
}

const asides = new Set(found.get("aside") ?? []);

// The text as it is shown: hidden parts left out, emoji that are pictures by their names.
function text(element) {
  if (element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement) return element.value;
  let said = "";
  const add = (node) => {
    if (node instanceof Text) {
      const keeps = getComputedStyle(node.parentElement).whiteSpaceCollapse === "preserve";
      said += keeps ? node.data : node.data.replace(/[ \t\r\n\f]+/g, " ");
      return;
    }
    if (!(node instanceof Element) || (node !== element && asides.has(node)) || !isShown(node)) return;
    if (node instanceof HTMLBRElement) { said += "\n"; return; }
    if (node instanceof HTMLImageElement) { said += node.alt; return; }
    const {display} = getComputedStyle(node);
    const isBlock = node !== element && !display.startsWith("inline") && display !== "contents";
    if (isBlock && said !== "" && !said.endsWith("\n")) said += "\n";
    node.childNodes.forEach(add);
  };
  add(element);
  if (element.isContentEditable) return said.replace(/\n$/, "");  // a browser keeps a line open
  return getComputedStyle(element).whiteSpaceCollapse === "preserve" ? said : said.trim();
}

const kept = new Map();    // element → whether its text is asked for
for (const [place, elements] of found) {
  const asks = !containers.includes(place);
  for (const element of elements) kept.set(element, kept.get(element) || asks);
}
const around = new Set();  // their ancestors
for (const element of kept.keys()) {
  for (let each = element.parentElement; each && !around.has(each); each = each.parentElement) around.add(each);
}

const handles = [];        // what may be tapped, by its number in the tree
const mayBeTapped = new Set(tapped.flatMap((place) => found.get(place) ?? []));

function bounds(element) {
  const {left, top, right, bottom} = element.getBoundingClientRect();
  const [l, t, r, b] = [left, top, right, bottom].map(Math.round);
  return `[${l},${t}][${r},${b}]`;
}

// XML, so that it is parsed like any other screen. What it has no place for is replaced.
const UNFIT = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;
const ENTITIES = {"&": "&amp;", "<": "&lt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"};
const quoted = (value) => `"${value.replace(UNFIT, "\uFFFD").replace(/[&<"\t\n\r]/g, (it) => ENTITIES[it])}"`;

function xml(name, attributes, inner) {
  const all = Object.entries(attributes).map(([key, value]) => ` ${key}=${quoted(value)}`);
  return `<${name}${all.join("")}>${inner}</${name}>`;
}

function attributes(element) {
  const all = {};
  for (const {name, value} of element.attributes) {
    if (NAME.test(name) && name !== "style") all[name] = value.slice(0, LONGEST_ATTRIBUTE);
  }
  return all;
}

function tree(element) {
  const name = NAME.test(element.localName) ? element.localName : "unknown";
  if (!kept.has(element) && !around.has(element)) {
    // A brother of something that is kept: selectors may count it, or look at what it is. But what
    // is hidden, or was left out of the rows, must not be found.
    if (leftOut.has(element) || !isShown(element)) return "<left-out/>";
    const {id, className} = element;
    return xml(name, typeof className === "string" ? {id, class: className} : {id}, "");
  }
  const all = {...attributes(element), bounds: bounds(element)};
  const label = element.ariaLabel || element.title || element.alt;
  if (label) all["content-desc"] = label;
  if (kept.get(element)) all.text = text(element);
  if (mayBeTapped.has(element)) all.handle = String(first + handles.push(element) - 1);
  if (element === document.documentElement) all.width = String(window.innerWidth);
  return xml(name, all, around.has(element) ? [...element.children].map(tree).join("") : "");
}

const source = tree(document.documentElement);
const read = found.get("row") ?? [];
return {
  source,
  handles,
  older,
  url: location.href,
  oldest: read.at(0) ?? null,
  newest: read.at(-1) ?? null,
};
