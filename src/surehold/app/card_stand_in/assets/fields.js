// Card fields for a frame. What is typed goes to this origin only; the page around gets the id of a payment method and what to show.
"use strict";

const ORIGIN = document.body.dataset.origin;
const KEY = document.body.dataset.key;
const form = document.getElementById("card");
const button = document.getElementById("use");
const complaint = document.getElementById("error");
const inputs = Object.fromEntries(["number", "expiry", "cvc"].map((id) => [id, document.getElementById(id)]));
const BLAMED = { number: "number", exp_month: "expiry", exp_year: "expiry", cvc: "cvc" };

function tell(message) {
  if (window.parent !== window) window.parent.postMessage({ source: "surehold-card-fields", ...message }, ORIGIN);
}

function digits(text) {
  return text.replace(/\D/g, "");
}

function grouped(text) {
  const number = digits(text).slice(0, 19);
  const groups = /^3[47]/.test(number) ? [number.slice(0, 4), number.slice(4, 10), number.slice(10)] : number.match(/.{1,4}/g) || [];
  return groups.filter(Boolean).join(" ");
}

function complain(text, name) {
  complaint.textContent = text;
  for (const [id, input] of Object.entries(inputs)) input.setAttribute("aria-invalid", String(id === name));
  if (name) inputs[name].focus();
  resized();
}

function resized() {
  tell({ type: "resize", height: document.documentElement.offsetHeight });
}

function expiry() {
  const match = /^\s*(\d{1,2})\s*[/\-. ]?\s*(\d{4}|\d{2})\s*$/.exec(inputs.expiry.value);
  return match && { month: match[1], year: match[2] };
}

function firstMistake(until) {
  if (digits(inputs.number.value).length < 12) return ["Enter the number on your card.", "number"];
  if (!until) return ["Enter when your card expires, such as 04/29.", "expiry"];
  if (!/^\d{3,4}$/.test(inputs.cvc.value.trim())) return ["Enter the three or four digits of the security code.", "cvc"];
  return null;
}

async function make(until) {
  const body = new URLSearchParams({
    key: KEY,
    type: "card",
    "card[number]": digits(inputs.number.value),
    "card[exp_month]": until.month,
    "card[exp_year]": until.year,
    "card[cvc]": inputs.cvc.value.trim(),
  });
  const answer = await fetch("/fields/payment_methods", { method: "POST", body });
  const told = await answer.json();
  if (answer.ok) return told;
  throw Object.assign(new Error(told.error.message), { name: BLAMED[(told.error.param || "").replace(/.*\[|\]/g, "")] });
}

async function submit() {
  if (button.disabled) return;
  const until = expiry();
  const mistake = firstMistake(until);
  if (mistake) {
    complain(...mistake);
    tell({ type: "error", message: mistake[0] });
    return;
  }
  complain("", null);
  button.disabled = true;
  tell({ type: "busy" });
  try {
    const { id, brand, last4, exp_month, exp_year } = await make(until);
    tell({ type: "payment_method", payment_method: { id, brand, last4, exp_month, exp_year } });
  } catch (error) {
    const text = error instanceof TypeError ? "The card could not be sent. Check the connection, then try again." : error.message;
    complain(text, inputs[error.name] ? error.name : null);
    tell({ type: "error", message: text });
  } finally {
    button.disabled = false;
  }
}

inputs.number.addEventListener("input", () => {
  const { value, selectionStart } = inputs.number;
  if (selectionStart === value.length) inputs.number.value = grouped(value);
});
inputs.expiry.addEventListener("input", (event) => {
  if (/^\d{2}$/.test(inputs.expiry.value) && event.inputType !== "deleteContentBackward") inputs.expiry.value += "/";
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
window.addEventListener("message", (event) => {
  if (event.origin !== ORIGIN || event.source !== window.parent) return;
  if (event.data && event.data.type === "submit") submit();
  if (event.data && event.data.type === "hide_button") button.parentElement.hidden = true;
});
new ResizeObserver(resized).observe(form);
tell({ type: "ready" });
