// JavaScript, as text, that tests run inside a report's page.

/** Returns the contrast (WCAG 2) of each element that directly contains text. */
export const contrasts = `(() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => { for (let e = element; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] === undefined || c[3] > 0) return c; } return [255, 255, 255]; };
  return [...document.querySelectorAll("main *")].filter((e) => !e.closest("i, title") && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())).map((e) => {
    const style = getComputedStyle(e);
    const ink = rgb(e instanceof SVGElement ? style.fill : style.color);
    const [a, b] = [luminance(ink), luminance(ground(e))].sort((x, y) => y - x);
    return { text: e.textContent.slice(0, 40), ratio: (a + 0.05) / (b + 0.05) };
  });
})()` as unknown as () => { text: string; ratio: number }[];

/** Returns the height of each text in the visible drawings, and its distance from the drawing's left edge. */
export const drawnTexts =
  `[...document.querySelectorAll("svg text")].filter((text) => text.getClientRects().length > 0).map((text) => {
  const [box, frame] = [text.getBoundingClientRect(), text.ownerSVGElement.getBoundingClientRect()];
  return { height: box.height, left: box.left - frame.left };
})` as unknown as () => { height: number; left: number }[];
