"use strict";
// Read inside the page: what a person would see there. `eyes.look()` and `eyes.cutLabels()`.
(() => {
  const visible = (element) => element.getBoundingClientRect().width > 0 && element.getBoundingClientRect().height > 0;
  const all = (selector) => [...document.querySelectorAll(selector)];
  const texts = (selector) => all(selector).map((element) => element.textContent.trim());
  const pictures = ".output_area img, .output_area svg, .output_area canvas";

  function look() {
    const shows = /^\s*(await )?(show|draw|say|conclude)\(/m;
    return {
      errors: texts(".output_error, .output_stderr, .rb-incomplete"),
      silent: all(".code_cell")
        .filter(
          (cell) =>
            shows.test(jQuery(cell).data("cell").get_text()) &&
            !cell.querySelector(`.output_area table, .output_area p, ${pictures}`),
        )
        .map((cell) => cell.textContent),
      headless: all(".output_area > .output_subarea > table.rb-table")
        .filter((table) => !visible(table.tHead) || !table.caption?.textContent.trim())
        .map((table) => table.outerHTML.slice(0, 200)),
      blank: all(pictures)
        .filter((picture) => !visible(picture) || (picture.tagName === "IMG" && picture.naturalWidth === 0))
        .map((picture) => picture.outerHTML.slice(0, 200)),
      tables: all("table.rb-table").length,
      pictures: all(pictures).length,
      chips: texts(".rb-chip"),
      notes: texts(".rb-note"),
      asked: texts(".rb-asked summary"),
    };
  }

  /** Labels that reach beyond their picture, or that another label of the same axis touches. */
  function cutLabels() {
    return all(".output_area svg").flatMap((svg) => {
      const frame = svg.getBoundingClientRect();
      const labels = [...svg.querySelectorAll("text")].filter(
        (text) => text.textContent.trim() && getComputedStyle(text).opacity !== "0",
      );
      const boxes = labels.map((text) => ({
        text: text.textContent,
        group: text.parentNode,
        turned: /rotate/.test(text.getAttribute("transform") ?? ""),
        box: text.getBoundingClientRect(),
      }));
      const outside = boxes.filter(
        ({ box }) =>
          box.left < frame.left - 1 ||
          box.right > frame.right + 1 ||
          box.top < frame.top - 1 ||
          box.bottom > frame.bottom + 1,
      );
      const touch = (a, b) => a.left < b.right && b.left < a.right && a.top + 2 < b.bottom && b.top + 2 < a.bottom;
      const touching = boxes.filter(
        (one, index) =>
          !one.turned && boxes.slice(index + 1).some((other) => other.group === one.group && touch(one.box, other.box)),
      );
      return [...outside.map(({ text }) => `${text} is cut`), ...touching.map(({ text }) => `${text} touches another`)];
    });
  }

  window.eyes = { look, cutLabels };
})();
