// The person's page: seals what is typed, keeps it for another try, and lets questions be answered by
// pointer, touch and keyboard. Everything else is HTML from the server, swapped by htmx.
import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from "./hpke.min.js";

const suite = new CipherSuite({
  kem: new DhkemP256HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});
const utf8 = new TextEncoder();
const stage = document.getElementById("stage");
/** What was typed, by field, so that a wrong password costs nothing but itself. In memory alone. */
const typed = new Map();

const fromBase64 = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const toBase64 = (bytes) => btoa(String.fromCharCode(...bytes));

/** RFC 9180, base mode: the encapsulated key before the ciphertext. */
async function seal(form, plain) {
  const recipientPublicKey = await suite.kem.deserializePublicKey(fromBase64(form.dataset.key));
  const info = utf8.encode("fiveone page seal v1");
  const sender = await suite.createSenderContext({ recipientPublicKey, info });
  const sealed = await sender.seal(plain, utf8.encode(form.dataset.about));
  return toBase64(new Uint8Array([...new Uint8Array(sender.enc), ...new Uint8Array(sealed)]));
}

/** The fields of a login, each name and value ended by a zero. */
function loginOf(form) {
  let text = "";
  for (const field of form.querySelectorAll("[data-field]")) {
    if (field.value === "") continue;
    text += `${field.dataset.field}\0${field.value}\0`;
    if (field.type !== "password") typed.set(field.dataset.field, field.value);
  }
  return text;
}

/** The question's number stands before the answer, so that a late one answers no other. */
function answerOf(form) {
  const chosen = form.querySelector("input[type=radio][data-answer]:checked");
  const answer = (chosen ?? form.querySelector("[data-answer]")).value.trim();
  return `${form.dataset.question}\0${answer}`;
}

document.addEventListener("htmx:confirm", (event) => {
  const form = event.target;
  if (!form.dataset?.seal || event.detail.verb !== "post") return;
  event.preventDefault();
  const plain = form.dataset.seal === "login" ? loginOf(form) : answerOf(form);
  seal(form, utf8.encode(plain)).then((sealed) => {
    form.elements.sealed.value = sealed;
    event.detail.issueRequest(true);
  }, () => complain(form));
});

// Radio buttons have a name so that they are one choice; it is not sent.
document.addEventListener("htmx:configRequest", (event) => event.detail.parameters.delete?.("c"));

document.addEventListener("htmx:afterRequest", (event) => {
  const { xhr, elt, successful } = event.detail;
  if (successful || !elt.dataset?.seal) return;
  const key = xhr.status === 409 && xhr.getResponseHeader("X-Page-Key");
  if (key && elt.dataset.key !== key) {
    elt.dataset.key = key;
    htmx.trigger(elt, "submit");
  } else if (xhr.status === 0 && !elt.dataset.again) {
    // The connection was lost, as when a server begins anew. What is sent twice is taken once.
    elt.dataset.again = "yes";
    setTimeout(() => htmx.trigger(elt, "submit"), 1000);
  } else {
    complain(elt);
  }
});

function complain(form) {
  const problem = form.querySelector("[data-problem]");
  if (!problem) return;
  problem.textContent = problem.dataset.text;
  problem.hidden = false;
}

/** How many stages the stream of events has shown. */
let streamed = 0;

// A stage that is there already is not swapped: somebody may be typing in it.
document.addEventListener("htmx:sseBeforeMessage", (event) => {
  const key = event.detail.lastEventId;
  if (key === stage.dataset.shown) return event.preventDefault();
  stage.dataset.shown = key;
  streamed += 1;
});

// The stream may overtake the answer to what was sent, which then tells of a stage that is over.
document.addEventListener("htmx:beforeRequest", (event) => {
  event.detail.xhr.streamedBefore = streamed;
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig } = event.detail;
  const isSent = /\/(begin|answer|refresh)(\?|$)/.test(requestConfig?.path ?? "");
  if (isSent && xhr.status === 200 && xhr.streamedBefore !== streamed) {
    event.detail.shouldSwap = false;
  }
});

document.addEventListener("htmx:afterSwap", (event) => {
  const key = event.detail.xhr?.getResponseHeader("X-Stage");
  if (key) stage.dataset.shown = key;
  prepare();
});

/** Fields that tell of the person, and are the same for the next of several products. */
const OF_PERSON = ["id_card", "real_name", "mobile"];
let of = "";

/** An account of one product is none of the next. */
function forgetAccount() {
  const now = stage.querySelector("[data-of]")?.dataset.of ?? of;
  if (now === of) return;
  of = now;
  for (const field of [...typed.keys()]) if (!OF_PERSON.includes(field)) typed.delete(field);
}

function prepare() {
  forgetAccount();
  for (const field of stage.querySelectorAll("[data-field]")) {
    const before = typed.get(field.dataset.field);
    // What was typed stands above what the app has filled in.
    if (before !== undefined && field.type !== "password") field.value = before;
    field.addEventListener("input", () => {
      if (field.type !== "password") typed.set(field.dataset.field, field.value);
    });
  }
  for (const eye of stage.querySelectorAll(".eye")) {
    eye.addEventListener("click", () => {
      const field = document.getElementById(eye.getAttribute("aria-controls"));
      const hidden = field.type === "password";
      field.type = hidden ? "text" : "password";
      eye.setAttribute("aria-pressed", String(hidden));
    });
  }
  const slide = stage.querySelector(".slide");
  if (slide) prepareSlide(slide, stage.querySelector("input[type=range]"));
  const click = stage.querySelector(".click");
  if (click) prepareClick(click, click.closest("form"));
  countDown();
  const first = stage.querySelector("[role=alert]:not([hidden]), [data-answer]:not([type=hidden])");
  if (first?.matches("input")) first.focus({ preventScroll: true });
}

/** The piece moves with the slider; its value is in the picture's own pixels. */
function prepareSlide(slide, range) {
  const picture = slide.querySelector("img");
  const piece = slide.querySelector(".piece");
  const width = Number(picture.getAttribute("width"));
  const place = () => {
    const scale = picture.clientWidth / width;
    piece.style.left = `${range.value * scale}px`;
    piece.style.top = `${piece.dataset.y * scale}px`;
    piece.style.width = `${piece.dataset.width * scale}px`;
    range.setAttribute("aria-valuetext", range.value);
  };
  range.addEventListener("input", place);
  picture.addEventListener("load", place);
  place();
}

/** Points by pointer, or by a cross that the arrow keys move. */
function prepareClick(field, form) {
  const picture = field.querySelector("img");
  const cross = field.querySelector(".cross");
  const answer = form.querySelector("[data-answer]");
  const width = Number(picture.getAttribute("width"));
  const height = Number(picture.getAttribute("height"));
  const points = [];
  let at = { x: Math.round(width / 2), y: Math.round(height / 2) };
  const put = (element, point) => {
    element.style.left = `${(100 * point.x) / width}%`;
    element.style.top = `${(100 * point.y) / height}%`;
  };
  const draw = () => {
    for (const dot of field.querySelectorAll(".dot")) dot.remove();
    points.forEach((point, index) => {
      const dot = document.createElement("b");
      dot.className = "dot";
      dot.textContent = String(index + 1);
      put(dot, point);
      field.append(dot);
    });
    answer.value = points.map((point) => `${point.x},${point.y}`).join(";");
  };
  const mark = (point) => {
    if (points.length < Number(field.dataset.points)) points.push(point);
    draw();
  };
  field.addEventListener("click", (event) => {
    const box = picture.getBoundingClientRect();
    const within = (value, most) => Math.min(Math.max(Math.round(value), 0), most - 1);
    mark({
      x: within(((event.clientX - box.left) * width) / box.width, width),
      y: within(((event.clientY - box.top) * height) / box.height, height),
    });
  });
  field.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: [-5, 0], ArrowRight: [5, 0], ArrowUp: [0, -5], ArrowDown: [0, 5] };
    const step = steps[event.key];
    if (step) {
      at = {
        x: Math.min(Math.max(at.x + step[0], 0), width - 1),
        y: Math.min(Math.max(at.y + step[1], 0), height - 1),
      };
      cross.hidden = false;
      put(cross, at);
    } else if (event.key === "Enter" || event.key === " ") mark({ ...at });
    else if (event.key === "Backspace") undo();
    else return;
    event.preventDefault();
  });
  const undo = () => {
    points.pop();
    draw();
  };
  form.querySelector(".undo").addEventListener("click", undo);
}

let ticking;
function countDown() {
  clearInterval(ticking);
  const left = stage.querySelector("[data-due]");
  if (!left) return;
  // By the server's clock as it was when the question was drawn; the phone's may be wrong.
  const end = performance.now() + (left.dataset.due - left.dataset.now);
  const show = () => {
    left.textContent = String(Math.max(0, Math.ceil((end - performance.now()) / 1000)));
  };
  show();
  ticking = setInterval(show, 1000);
}

prepare();
