"use strict";
// Read inside the page, in Notebook 6, JupyterLab 4 and Notebook 7: what a person would see there, and the buttons that
// have no name of their own. All of it is `eyes`.
(() => {
  const visible = (element) => element.getBoundingClientRect().width > 0 && element.getBoundingClientRect().height > 0;
  const all = (selector) => [...document.querySelectorAll(selector)];
  const texts = (selector) => all(selector).map((element) => element.textContent.trim());

  // the menu of an interactive chart is a picture too, and none that a cell shows
  const pictures = (output) => ["img", "canvas", "svg:not(details svg)"].map((name) => `${output} ${name}`).join();

  /** Notebook 6: its application is a global of the page. */
  const old = {
    output: ".output_area",
    errors: ".output_error, .output_stderr",
    tables: ".output_area > .output_subarea > table.rb-table",
    notebook: () => window.Jupyter.notebook,
    isConnected: () => Boolean(window.Jupyter?.notebook?.kernel?.is_connected?.()),
    showAllCells: () => undefined,
    runAll: () => old.notebook().execute_all_cells(),
    cells: () =>
      old
        .notebook()
        .get_cells()
        .filter((cell) => cell.cell_type === "code")
        .map((cell) => ({ text: cell.get_text(), count: cell.input_prompt_number, node: cell.element[0] })),
    isBusy: () => old.notebook().kernel_busy,
    shutdown: () => old.notebook().session.delete(),
  };

  /** JupyterLab 4 and Notebook 7: the one open notebook is the shell's widget, where the application is exposed. */
  const now = {
    output: ".jp-OutputArea-output",
    errors: '[data-mime-type="application/vnd.jupyter.error"], [data-mime-type="application/vnd.jupyter.stderr"]',
    tables: ".jp-OutputArea-output > table.rb-table",
    panel: () => window.jupyterapp?.shell?.currentWidget,
    kernel: () => now.panel()?.sessionContext?.session?.kernel,
    isConnected: () =>
      now.panel()?.context?.isReady &&
      now.panel().sessionContext.isReady &&
      now.kernel()?.connectionStatus === "connected" &&
      now.kernel().status === "idle",
    // else only what is on the screen is there
    showAllCells() {
      const { content } = now.panel();
      content.notebookConfig = { ...content.notebookConfig, windowingMode: "none" };
    },
    runAll: () => window.jupyterapp.commands.execute("notebook:run-all-cells"),
    cells: () =>
      now
        .panel()
        .content.widgets.filter(({ model }) => model.type === "code")
        .map(({ model, node }) => ({ text: model.sharedModel.getSource(), count: model.executionCount, node })),
    isBusy: () => now.kernel()?.status !== "idle",
    shutdown: () => now.panel().sessionContext.shutdown(),
  };

  const front = () => (window.jupyterapp ? now : old);

  function look() {
    const { output, errors, tables, cells } = front();
    const shows = /^\s*(await )?(show|draw|say|conclude)\(/m;
    return {
      errors: texts(`${errors}, .rb-incomplete`),
      silent: cells()
        .filter(
          ({ text, node }) =>
            shows.test(text) && !node.querySelector(`${output} table, ${output} p, ${pictures(output)}`),
        )
        .map(({ text }) => text),
      headless: all(tables)
        .filter((table) => !visible(table.tHead) || !table.caption?.textContent.trim())
        .map((table) => table.outerHTML.slice(0, 200)),
      blank: all(pictures(output))
        .filter((picture) => !visible(picture) || (picture.tagName === "IMG" && picture.naturalWidth === 0))
        .map((picture) => picture.outerHTML.slice(0, 200)),
      tables: all("table.rb-table").length,
      pictures: all(pictures(output)).length,
      chips: texts(".rb-chip"),
      notes: texts(".rb-note"),
      asked: texts(".rb-asked summary"),
    };
  }

  /** Labels that reach beyond their picture, or that another label of the same axis touches. */
  function cutLabels() {
    return all(`${front().output} svg:not(details svg)`).flatMap((svg) => {
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

  /** Pictures that are wider than the place that a cell has for them. */
  function wideCharts() {
    const { output } = front();
    return all(`${output} canvas, ${output} svg:not(details svg), ${output} img`)
      .filter(
        (picture) => picture.getBoundingClientRect().right > picture.closest(output).getBoundingClientRect().right,
      )
      .map((picture) => picture.closest("[aria-label]")?.getAttribute("aria-label") ?? picture.outerHTML.slice(0, 200));
  }

  /** Relative luminance, as WCAG 2 defines it. */
  function luminance([red, green, blue]) {
    const linear = (part) => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  }
  function contrast(one, other) {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  }

  /** A colour of CSS as red, green, blue (0 to 255) and alpha (0 to 1), whatever notation it has. */
  const dot = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", {
    willReadFrequently: true,
  });
  function readColour(text) {
    dot.clearRect(0, 0, 1, 1);
    dot.fillStyle = text;
    dot.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = dot.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  }
  const mix = (over, under, alpha) => over.slice(0, 3).map((part, index) => part * alpha + under[index] * (1 - alpha));

  /** What lies behind an element's text: the colours of all that it stands in, one upon the other. */
  function groundOf(element) {
    if (!element) return [255, 255, 255];
    const own = readColour(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own : mix(own, groundOf(element.parentElement), own[3]);
  }
  function opacityOf(element) {
    return element ? Number(getComputedStyle(element).opacity) * opacityOf(element.parentElement) : 1;
  }

  /** Texts below cells that have less than 4.5:1 with what is behind them, and charts whose ink has. */
  function faintTexts() {
    const { output } = front();
    const written = all(`${output} *`).filter(
      (element) =>
        visible(element) &&
        !element.closest(".vega-embed, svg, script, style") &&
        [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim()),
    );
    const texts = written.flatMap((element) => {
      const ground = groundOf(element);
      const ink = readColour(getComputedStyle(element).color);
      const ratio = contrast(mix(ink, ground, ink[3] * opacityOf(element)), ground);
      return ratio < 4.5 ? [`${element.textContent.trim().slice(0, 60)}: ${ratio.toFixed(2)}`] : [];
    });
    return [...new Set(texts), ...all(`${output} canvas`).flatMap(faintInk)];
  }

  /**
   * A chart that is drawn has no text that could be asked for its colour. Its title is above, an axis's labels are
   * below: the strongest ink of each of these strips is measured against the chart's ground.
   */
  function faintInk(canvas) {
    const { width, height } = canvas;
    const pixels = canvas.getContext("2d").getImageData(0, 0, width, height).data;
    const at = (x, y) => [...pixels.slice(4 * (y * width + x), 4 * (y * width + x) + 4)];
    const behind = groundOf(canvas);
    const seen = ([red, green, blue, alpha]) => mix([red, green, blue], behind, alpha / 255);
    const ground = seen(at(1, 1));
    const strongest = (from, to) => {
      let most = 1;
      for (let y = from; y < to; y++)
        for (let x = 0; x < width; x++) most = Math.max(most, contrast(seen(at(x, y)), ground));
      return most;
    };
    const scale = height / canvas.getBoundingClientRect().height;
    const strips = { title: [0, 24 * scale], "lower axis": [height - 30 * scale, height] };
    return Object.entries(strips).flatMap(([name, [from, to]]) => {
      const ratio = strongest(Math.max(0, Math.floor(from)), Math.floor(to));
      return ratio < 4.5 ? [`${name} of a chart: ${ratio.toFixed(2)}`] : [];
    });
  }

  /** The theme of JupyterLab 4 and Notebook 7. What has been drawn in another is drawn anew, as it is on opening. */
  async function chooseTheme(theme) {
    await window.jupyterapp.commands.execute("apputils:change-theme", { theme });
    await new Promise((resolve) => setTimeout(resolve, 500));
    for (const { outputArea } of now.panel().content.widgets) outputArea?.model.fromJSON(outputArea.model.toJSON());
  }

  let last = "";
  /** Whether the page has stayed as it is since this was last asked. */
  function isStill() {
    const state = all(front().output)
      .map((output) => `${output.innerHTML.length} ${output.offsetHeight}`)
      .join();
    const still = state === last && !front().isBusy();
    last = state;
    return still;
  }

  window.eyes = {
    look,
    cutLabels,
    wideCharts,
    faintTexts,
    chooseTheme,
    isStill,
    isConnected: () => front().isConnected(),
    showAllCells: () => front().showAllCells(),
    runAll: () => front().runAll(),
    haveAllRun: () =>
      !front().isBusy() &&
      front()
        .cells()
        .every(({ count }) => typeof count === "number"),
    counts: () =>
      front()
        .cells()
        .map(({ count }) => count),
    shutdown: () => front().shutdown(),
  };
})();
