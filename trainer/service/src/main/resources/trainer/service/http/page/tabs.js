// Tabs by the ARIA pattern: arrow keys, Home and End choose a tab; the address names it.

/**
 * @param view holds the tabs `[role=tab]`, each with a panel of the id in its `aria-controls`
 * @param address of the view; the first tab has it, the others `address/word`
 * @param word of the tab to show: the end of its id, `tab-WORD`
 * @param show called with the word of a tab the first time that it is chosen
 */
export function prepareTabs(view, address, word, show) {
  const tabs = [...view.querySelectorAll("[role=tab]")];
  const wordOf = (tab) => tab.id.slice("tab-".length);
  const shown = new Set();

  function choose(chosen) {
    for (const tab of tabs) {
      tab.ariaSelected = String(tab === chosen);
      tab.tabIndex = tab === chosen ? 0 : -1;
      view.querySelector(`#${tab.getAttribute("aria-controls")}`).hidden = tab !== chosen;
    }
    if (!shown.has(chosen)) {
      shown.add(chosen);
      show(wordOf(chosen));
    }
  }

  /** On phones, not all tabs are in sight. */
  const reveal = (tab) => tab.scrollIntoView({block: "nearest", inline: "nearest"});

  /** Replaces the address: the view stays, and Back leaves it. */
  function turnTo(tab) {
    history.replaceState(null, "", tab === tabs[0] ? address : `${address}/${wordOf(tab)}`);
    choose(tab);
    tab.focus();
    reveal(tab);
  }

  tabs.forEach((tab, place) => {
    const to = {
      ArrowLeft: (place + tabs.length - 1) % tabs.length,
      ArrowRight: (place + 1) % tabs.length,
      Home: 0,
      End: tabs.length - 1,
    };
    tab.addEventListener("click", () => turnTo(tab));
    tab.addEventListener("keydown", (event) => {
      if (event.key in to) {
        event.preventDefault();
        turnTo(tabs[to[event.key]]);
      }
    });
  });
  const named = tabs.find((tab) => wordOf(tab) === word);
  choose(named ?? tabs[0]);
  if (named) {
    reveal(named);
  }
}
