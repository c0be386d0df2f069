// A plain click on a .tw-link goes to Python, which switches pages without reloading; any other click
// (new tab, new window) and a page without this script follow the address itself.
export default function ({ setTriggerValue, parentElement }) {
  parentElement.twStop?.();
  const follow = (event) => {
    const link = event.target.closest?.("a[data-tw-page]");
    if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    const query = new URL(link.href).searchParams;
    setTriggerValue("link", { page: link.dataset.twPage, query: Object.fromEntries(query) });
  };
  document.addEventListener("click", follow);
  parentElement.twStop = () => document.removeEventListener("click", follow);
  return parentElement.twStop;
}
