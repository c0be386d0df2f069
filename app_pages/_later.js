// Says once that the first chart of the page stands on the screen, or that four seconds went by without one.
export default function ({ setStateValue }) {
  const end = performance.now() + 4000;
  let timer = 0;
  const look = () => {
    if (document.querySelector(".js-plotly-plot .main-svg") || performance.now() > end) {
      requestAnimationFrame(() => setStateValue("drawn", true));
    } else {
      timer = setTimeout(look, 60);
    }
  };
  look();
  return () => clearTimeout(timer);
}
