// A plain click on a .tw-link goes to Python, which switches pages without reloading; any other click
// (new tab, new window) and a page without this script follow the address itself.
export default function ({ setTriggerValue, parentElement }) {
  parentElement.twStop?.();
  const follow = (event) => {
    const link = event.target.closest?.("a[data-tw-page]");
    if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    // Python may not write a parameter that a widget of the page on screen is bound to: the browser follows this one.
    if (link.pathname === location.pathname) return;
    event.preventDefault();
    const query = new URL(link.href).searchParams;
    setTriggerValue("link", { page: link.dataset.twPage, query: Object.fromEntries(query) });
  };
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
  };
  return parentElement.twStop;
}
