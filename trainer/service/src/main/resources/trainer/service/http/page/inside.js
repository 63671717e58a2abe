// The tab Inside: what the network has learned.

import {fill} from "./view.js";

/** Called when the tab is first chosen, with the arguments of `show` in text.js. */
export function show(panel, run) {
  fill(panel, "inside-view");
  panel.querySelector("code").textContent = `java -jar trainer.jar explain ${run.id} --output report.html`;
}
