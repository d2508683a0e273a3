// A citation is a time: it plays, and shows the words that are spoken there. Without this script it is a link to the same place.
"use strict";
(() => {
  const make = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };
  const passageOf = (number) => document.getElementById(`moment-${number}`)?.closest(".passage");
  const clock = (s) => {
    const [h, m, sec] = [Math.floor(s / 3600), Math.floor(s / 60) % 60, Math.floor(s) % 60];
    return h ? `${h}:${String(m).padStart(2, "0")}:${String(sec).padStart(2, "0")}` : `${m}:${String(sec).padStart(2, "0")}`;
  };

  // The player: made when something is played for the first time, so that reading asks for no video.
  const host = document.getElementById("player");
  const times = [...document.querySelectorAll(".passage a.time[data-at]")]
    .map((link) => ({ at: Number(link.dataset.at), until: Number(link.dataset.until), passage: link.closest(".passage") }))
    .sort((a, b) => a.at - b.at);
  let media = null;

  const nowAt = (s) => times.findLast((time) => time.at <= s + 0.3 && s < time.until + 1.5);
  const titleOf = (passage) => [...(passage?.querySelector("h3, h4")?.childNodes ?? [])]
    .filter((node) => node.nodeName !== "SPAN").map((node) => node.textContent).join("").trim();

  const build = () => {
    media = make(host.dataset.kind, { controls: "", preload: "auto", playsinline: "" });
    const shown = make("span", { class: "now-playing", "aria-live": "polite" });
    const button = (label, sign, act) => {
      const made = make("button", { type: "button", "aria-label": label, title: label }, sign);
      made.addEventListener("click", act);
      return made;
    };
    const step = (by) => {
      const at = times.findLastIndex((time) => time.at <= media.currentTime + 0.3);
      const next = times[at + by];
      if (next) play(next.at);
    };
    const bar = make("div", { class: "bar" }, shown,
      button("Passage before", "⏮", () => step(media.currentTime - (nowAt(media.currentTime)?.at ?? 0) > 3 ? 0 : -1)),
      button("Next passage", "⏭", () => step(1)), button("Close the player", "✕", close));
    media.addEventListener("timeupdate", () => {
      const now = nowAt(media.currentTime);
      const title = titleOf(now?.passage);
      const line = title ? `${clock(now.at)} ${title}` : clock(media.currentTime);
      if (title ? shown.textContent !== line : true) shown.textContent = line;
      mark(now?.passage);
    });
    media.addEventListener("error", () => {
      if (host.querySelector(".failed")) return;
      host.prepend(make("p", { class: "failed", role: "alert" }, "This browser cannot play the file. ",
        make("a", { href: host.dataset.src }, "Open it elsewhere")));
    });
    media.src = host.dataset.src;
    host.replaceChildren(media, bar);
  };

  const mark = (passage) => {
    for (const old of document.querySelectorAll(".now")) if (old !== passage) old.classList.remove("now");
    if (!passage) return;
    passage.classList.add("now");
    const number = passage.querySelector("[id^=moment-]")?.id.slice(7);
    for (const link of document.querySelectorAll(`[data-cite="${number}"]`)) link.classList.add("now");
  };

  const play = (at) => {
    if (!media) build();
    host.hidden = false;
    document.body.classList.add("playing");
    media.currentTime = at;
    media.play().catch(() => { /* it stands at the right second, and its own button plays it */ });
  };

  const close = () => {
    media.pause();
    mark(null);
    host.hidden = true;
    document.body.classList.remove("playing");
  };

  // The words spoken: the same as in the list below, beside the number that cites them.
  const box = make("div", { class: "spoken", id: "spoken", role: "tooltip", hidden: "" });
  document.querySelector("main").append(box);
  let anchor = null;
  let leaving = 0;

  const fill = (passage) => {
    const text = (selector) => passage.querySelector(selector)?.textContent.trim();
    const heading = make("b", {}, titleOf(passage));
    const time = passage.querySelector(".time").cloneNode(true);
    const heard = text(".words") || text("blockquote");
    box.replaceChildren(make("p", {}, time, heading), make("p", { class: "heard" }, `“${heard}”`));
    for (const doubt of passage.querySelectorAll(".doubt")) box.append(doubt.cloneNode(true));
  };

  const show = (link) => {
    clearTimeout(leaving);
    const passage = passageOf(link.dataset.cite);
    if (!passage || anchor === link) return;
    hide();
    anchor = link;
    fill(passage);
    link.setAttribute("aria-describedby", "spoken");
    box.hidden = false;
    // On a phone the player lies over the lower part of the page.
    const isPhone = host && !host.hidden && host.offsetWidth > innerWidth * 0.8;
    const floor = isPhone ? host.getBoundingClientRect().top : innerHeight;
    if (link.getBoundingClientRect().bottom > floor - 8) scrollBy({ top: link.getBoundingClientRect().bottom - floor / 2, behavior: "instant" });
    const at = link.getBoundingClientRect();
    const left = Math.max(12, Math.min(at.left - 24, document.documentElement.clientWidth - box.offsetWidth - 12));
    const below = at.bottom + box.offsetHeight + 16 < floor || at.top < box.offsetHeight + 16;
    box.style.left = `${left + scrollX}px`;
    box.style.top = `${(below ? at.bottom + 8 : at.top - box.offsetHeight - 8) + scrollY}px`;
  };

  const hide = () => {
    clearTimeout(leaving);
    anchor?.removeAttribute("aria-describedby");
    anchor = null;
    box.hidden = true;
  };
  const leave = () => { clearTimeout(leaving); leaving = setTimeout(hide, 250); };

  const citeOf = (event) => event.target.closest?.("[data-cite]");
  document.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    if (citeOf(event)) show(citeOf(event));
    else if (box.contains(event.target)) clearTimeout(leaving);
    else if (anchor && anchor !== document.activeElement) leave();
  });
  document.addEventListener("focusin", (event) => {
    if (citeOf(event)?.matches(":focus-visible")) show(citeOf(event));
    else if (!box.contains(event.target)) hide();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return; // the search lies above all, and its script comes first
    if (box.hidden) { if (host && !host.hidden) close(); return; }
    const from = anchor;
    const inside = box.contains(document.activeElement);
    hide();
    if (inside) from.focus();
  });

  let touched = false;
  document.addEventListener("pointerdown", (event) => {
    touched = event.pointerType === "touch";
    if (touched && anchor && !box.contains(event.target) && citeOf(event) !== anchor) hide();
  });
  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const cite = citeOf(event);
    const isFirstTouch = cite && touched && anchor !== cite;
    if (isFirstTouch && !host) { // a finger cannot rest on a link: the first touch shows the words, the second goes there
      event.preventDefault();
      show(cite);
      return;
    }
    const link = cite || event.target.closest?.("a.time[data-at]");
    if (!host || !link) return;
    const at = cite ? passageOf(cite.dataset.cite)?.querySelector("a.time")?.dataset.at : link.dataset.at;
    if (at === undefined) return;
    event.preventDefault();
    play(Number(at));
    if (isFirstTouch) show(cite);
  });

  // Where one is reading, in the table of contents.
  const entries = new Map([...document.querySelectorAll(".toc a")].map((a) => [document.getElementById(decodeURIComponent(a.hash.slice(1))), a]));
  entries.delete(null);
  if (entries.size) {
    const update = () => {
      let current = null;
      for (const [heading, link] of entries) {
        link.removeAttribute("aria-current");
        if (heading.getBoundingClientRect().top < innerHeight * 0.3) current = link;
      }
      current?.setAttribute("aria-current", "true");
    };
    let waiting = false;
    document.addEventListener("scroll", () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; update(); });
    }, { passive: true });
    update();
  }

  addEventListener("beforeprint", () => {
    for (const words of document.querySelectorAll(".passage details")) words.open = true;
  });
})();
