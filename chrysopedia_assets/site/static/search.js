// The search box. Pagefind's index is asked for when somebody searches for the first time, and not before.
"use strict";
(() => {
  const input = document.getElementById("q");
  const panel = document.getElementById("found");
  if (!input || !panel) return;
  const site = new URL(document.body.dataset.root || "./", location.href);
  const KINDS = ["creator", "category", "tag"];
  const AT_ONCE = 8;
  const NEEDS_SERVER = "Search needs the site to be served: run “chrysopedia site serve”, and open the address it tells you.";

  const make = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };

  // What is shown
  const selects = Object.fromEntries(KINDS.map((kind) => [kind, make("select", { "aria-label": `Only this ${kind}` })]));
  const filters = make("div", { class: "filters", hidden: "" }, ...KINDS.map((kind) => make("label", {}, selects[kind])));
  const said = make("p", { class: "said", role: "status" });
  const list = make("ol", { class: "results" });
  const more = make("button", { class: "more", type: "button", hidden: "" }, "Show more");
  panel.append(filters, said, list, more);

  // Pagefind marks what it has found with <mark>, in HTML. Nothing of it but text and these marks comes through.
  const excerpt = (html) => {
    const shown = make("span", { class: "bit" });
    for (const node of new DOMParser().parseFromString(String(html), "text/html").body.childNodes) {
      const text = node.textContent;
      shown.append(node.nodeName === "MARK" ? make("mark", {}, text) : text);
    }
    return shown;
  };
  const address = (url) => {
    const found = new URL(url, site);
    return found.origin === location.origin && found.href.startsWith(site.href) ? found.href : null;
  };

  const start = async () => {
    const pagefind = await import(new URL("pagefind/pagefind.js", site).href);
    await pagefind.destroy(); // what it knows of an index that is no more
    await pagefind.options({ baseUrl: site.pathname, excerptLength: 22 });
    await pagefind.init();
    const all = await pagefind.filters();
    for (const kind of KINDS) {
      const names = Object.entries(all[kind] || {});
      selects[kind].replaceChildren(new Option(`Any ${kind}`, ""), ...names.map(([name]) => new Option(name, name)));
      selects[kind].value = wanted()[kind];
    }
    filters.hidden = false;
    return pagefind;
  };
  // The site may be written anew while it is open. Pagefind would look into pieces that are gone, and find nothing in them.
  let loading = null;
  let entry = "";
  const load = async () => {
    const answer = await fetch(new URL("pagefind/pagefind-entry.json", site), { cache: "no-cache" }).catch(() => null);
    const now = answer?.ok ? await answer.text() : entry;
    if (!loading || now !== entry) {
      entry = now;
      loading = start();
      loading.catch(() => { loading = null; });
    }
    return loading;
  };

  // What is asked for, as the address says it: so that the back button comes back to it
  const wanted = () => {
    const from = new URLSearchParams(location.search);
    return Object.fromEntries(["q", ...KINDS].map((key) => [key, from.get(key) || ""]));
  };
  const asked = () => Object.fromEntries([["q", input.value.trim()], ...KINDS.map((kind) => [kind, selects[kind].value])]);
  const isEmpty = (query) => !Object.values(query).some(Boolean);
  const tell = (query) => {
    const to = new URL(location.href);
    for (const [key, value] of Object.entries(query)) value ? to.searchParams.set(key, value) : to.searchParams.delete(key);
    if (to.href === location.href) return;
    try {
      if (isEmpty(wanted())) history.pushState({ search: true }, "", to);
      else history.replaceState(history.state, "", to);
    } catch { /* a file's address cannot be changed in every browser */ }
  };

  // The two sections that answer best, and the moment: the second at which it is said.
  const best = (parts) => {
    const score = (part) => part.weighted_locations.reduce((sum, one) => sum + one.balanced_score, 0);
    const ranked = [...parts].sort((a, b) => score(b) - score(a));
    const isMoment = (part) => part.anchor.id.startsWith("moment-");
    return [...ranked.filter((part) => !isMoment(part)).slice(0, 2), ...ranked.filter(isMoment).slice(0, 1)];
  };
  // A single letter is the beginning of every word; what stands in quotation marks is meant as it is.
  const words = (text) => {
    if (text.includes('"')) return text;
    return text.split(/\s+/).filter((word) => word.length > 1 || !/[a-z]/i.test(word)).join(" ") || text;
  };

  const card = (page) => {
    const link = (to, ...children) => make("a", { href: to }, ...children);
    const to = address(page.url);
    if (!to) return null;
    const facts = make("span", { class: "facts" });
    for (const value of [page.meta.creator, page.meta.category, page.meta.video]) if (value) facts.append(make("span", {}, value));
    const parts = best(page.sub_results.filter((part) => part.anchor && address(part.url)));
    const whole = page.sub_results.find((part) => !part.anchor);
    const first = link(to, make("b", {}, page.meta.title || page.url), facts, excerpt(whole ? whole.excerpt : parts.length ? "" : page.excerpt));
    const below = parts.map((part) => make("li", {}, link(address(part.url), make("b", {}, part.title), excerpt(part.excerpt))));
    return make("li", {}, first, ...(below.length ? [make("ul", {}, ...below)] : []));
  };

  let turn = 0;
  let rest = [];
  const showSome = async (mine) => {
    const pages = await Promise.all(rest.splice(0, AT_ONCE).map((result) => result.data()));
    if (mine !== turn) return;
    list.append(...pages.map(card).filter(Boolean));
    more.hidden = !rest.length;
  };

  const search = async () => {
    const mine = ++turn;
    const query = asked();
    tell(query);
    if (isEmpty(query)) {
      list.replaceChildren();
      more.hidden = true;
      said.textContent = "Type a technique, a plugin, or words that were said.";
      return;
    }
    try {
      const pagefind = await load();
      const chosen = Object.fromEntries(KINDS.filter((kind) => query[kind]).map((kind) => [kind, query[kind]]));
      const found = await pagefind.search(words(query.q) || null, { filters: chosen });
      if (mine !== turn) return;
      rest = found.results;
      list.replaceChildren();
      const count = rest.length;
      said.textContent = count ? `${count.toLocaleString("en")} ${count === 1 ? "page" : "pages"}` : `Nothing was found for “${query.q || "these filters"}”.`;
      await showSome(mine);
    } catch {
      if (mine === turn) fail();
    }
  };
  const fail = () => {
    list.replaceChildren();
    more.hidden = true;
    said.textContent = location.protocol === "file:" ? NEEDS_SERVER : "The search index cannot be loaded. Was it built? Run “chrysopedia site build”.";
  };

  // Opening and closing
  const open = () => {
    if (!panel.hidden) return;
    panel.hidden = false;
    if (location.protocol === "file:") { said.textContent = NEEDS_SERVER; return; }
    if (!said.textContent) said.textContent = "Type a technique, a plugin, or words that were said.";
    load().catch(fail);
  };
  const close = () => {
    panel.hidden = true;
    turn += 1;
    tell({ q: "", creator: "", category: "", tag: "" });
  };
  const fromAddress = () => {
    const query = wanted();
    input.value = query.q;
    for (const kind of KINDS) selects[kind].value = query[kind];
    if (isEmpty(query)) { panel.hidden = true; turn += 1; return; }
    open();
    if (location.protocol !== "file:") load().then(searchNow, fail);
  };

  let typing = 0;
  let doing = Promise.resolve();
  const searchNow = () => {
    clearTimeout(typing);
    typing = 0;
    doing = search();
  };
  // Who types fast and presses Enter means what was typed, not what is still shown.
  const settled = () => {
    if (typing) searchNow();
    return doing;
  };
  input.addEventListener("focus", open);
  input.addEventListener("input", () => {
    open();
    if (location.protocol === "file:") return;
    clearTimeout(typing);
    typing = setTimeout(searchNow, 120);
  });
  for (const kind of KINDS) selects[kind].addEventListener("change", searchNow);
  more.addEventListener("click", () => showSome(turn));
  document.addEventListener("pointerdown", (event) => {
    if (!panel.hidden && !event.target.closest(".find")) close();
  });
  addEventListener("popstate", fromAddress);

  const places = () => [...list.querySelectorAll("a"), ...(more.hidden ? [] : [more])];
  const step = (by) => {
    const all = places();
    const next = all.indexOf(document.activeElement) + by;
    (next < 0 ? input : all[Math.min(next, all.length - 1)])?.focus();
  };
  document.addEventListener("keydown", (event) => {
    const inField = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !inField && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      input.focus();
      input.select();
    }
    if (panel.hidden) return;
    const within = event.target.closest?.(".find");
    if (event.key === "Escape") {
      event.preventDefault();
      if (within && event.target !== input) { input.focus(); return; }
      input.value = "";
      input.blur();
      if (history.state?.search) history.back(); // to before the search, which then closes: nothing is left to go back through
      else close();
    }
    if (!within) return;
    if (event.key === "ArrowDown" && event.target.nodeName !== "SELECT") { event.preventDefault(); settled().then(() => step(1)); }
    if (event.key === "ArrowUp" && event.target.nodeName !== "SELECT") { event.preventDefault(); step(-1); }
    if (event.key === "Enter" && event.target === input) settled().then(() => places()[0]?.click());
  });
  fromAddress();
})();
