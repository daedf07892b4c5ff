
function chart(history) {
  const figure = document.getElementById("chart");
  const points = history.slice(-15);
  const isCounted = points.some((point) => point.requests !== null);
  const height = (point) => (isCounted ? point.requests : point.connections);
  const most = Math.max(1, ...points.map((point) => Math.max(height(point), point.refused)));
  const bar = (at, value, name) => {
    const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    const tall = (56 * value) / most;
    const place = { x: 300 - 20 * (points.length - at) + 2, y: 60 - tall, width: 16, height: tall };
    for (const [key, number] of Object.entries(place)) rect.setAttribute(key, number);
    rect.setAttribute("class", name);
    return rect;
  };
  const what = isCounted ? "requests a minute" : "connections";
  const refused = points.reduce((sum, point) => sum + point.refused, 0);
  const told = `The last ${points.length} min: at most ${most} ${what}, ${refused} refused`;
  const svg = figure.querySelector("svg");
  svg.setAttribute("aria-label", told);
  svg.replaceChildren(...points.flatMap((point, at) => [
    bar(at, height(point), "all"),
    bar(at, point.refused, "refused"),
  ]));
  set(figure.querySelector("figcaption"), told);
  figure.hidden = false;
}

live("The bridge", (status) => {
  show(status);
  chart(status.history);
});
