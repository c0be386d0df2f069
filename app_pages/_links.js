// A plain click on a .tw-link goes to Python, which switches pages without reloading; any other click
// (new tab, new window) and a page without this script follow the address itself.
export default function ({ setTriggerValue, parentElement }) {
  parentElement.twStop?.();
  let target = null; // path that a followed link leads to, until it is reached
  const follow = (event) => {
    const link = event.target.closest?.("a[data-tw-page]");
    if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    // Python may not write a parameter that a widget of the page on screen is bound to: the browser follows this one.
    if (link.pathname === location.pathname) return;
    event.preventDefault();
    target = link.pathname;
    setTimeout(() => (target = null), 15000); // refused or lost: from then on every step counts again
    const query = new URL(link.href).searchParams;
    setTriggerValue("link", { page: link.dataset.twPage, query: Object.fromEntries(query) });
  };
  // Streamlit pushes the new query behind the old path before the new path: a page that never was, to which the
  // browser's back button would lead instead of to the search or the filters that the reader came from.
  const push = history.pushState;
  const pushState = function (state, title, url) {
    const path = new URL(url ?? location.href, location.href).pathname;
    if (target !== null && path === location.pathname && path !== target) return;
    target = null;
    push.call(history, state, title, url);
  };
  history.pushState = pushState;
  const mark = (event) => {
    const star = event.target.closest?.("a[data-tw-star]");
    if (!star) return;
    event.preventDefault();
    setTriggerValue("star", star.dataset.twStar);
  };
  const press = (event) => {
    if (event.key === " " && event.target.closest?.("a[data-tw-star]")) mark(event); // as buttons do
  };
  const heard = { click: (event) => (mark(event), follow(event)), keydown: press };
  for (const [name, hear] of Object.entries(heard)) document.addEventListener(name, hear);
  parentElement.twStop = () => {
    for (const [name, hear] of Object.entries(heard)) document.removeEventListener(name, hear);
    if (history.pushState === pushState) history.pushState = push;
  };
  return parentElement.twStop;
}
