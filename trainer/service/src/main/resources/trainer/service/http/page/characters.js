// A text as single characters, one of them current: the one under the pointer, or chosen by arrow keys.

const STEPS = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -40, ArrowDown: 40, PageUp: -200, PageDown: 200, Home: -Infinity, End: Infinity};

export class Characters {
  #place;
  #chosen;
  #current = null;
  #fixed = false;

  /**
   * @param place a `pre` that can have the focus
   * @param chosen called with the index of the current character
   */
  constructor(place, chosen) {
    this.#place = place;
    this.#chosen = chosen;
    const indexOf = (event) => [...place.children].indexOf(event.target);
    place.addEventListener("pointerover", (event) => {
      if (!this.#fixed && event.target !== place) {
        this.choose(indexOf(event));
      }
    });
    place.addEventListener("click", (event) => {
      if (event.target !== place) {
        const index = indexOf(event);
        this.#fixed = !this.#fixed || index !== this.#current;
        this.choose(index);
      }
    });
    place.addEventListener("keydown", (event) => {
      const last = place.children.length - 1;
      if (event.key in STEPS && last >= 0) {
        event.preventDefault();
        this.#fixed = true;
        this.choose(Math.max(0, Math.min(last, (this.#current ?? -1) + STEPS[event.key])));
      }
    });
  }

  clear() {
    this.#place.textContent = "";
    this.#current = null;
    this.#fixed = false;
  }

  /** Adds characters at the end; returns their elements. */
  add(characters) {
    const added = characters.map((character) => {
      const span = document.createElement("span");
      span.textContent = character;
      return span;
    });
    this.#place.append(...added);
    return added;
  }

  choose(index) {
    this.#place.children[this.#current ?? -1]?.classList.remove("current");
    this.#current = index;
    this.#place.children[index].classList.add("current");
    this.#place.children[index].scrollIntoView({block: "nearest"});
    this.#chosen(index);
  }
}

/** A character as people read it. */
export const shown = (character) => ({"\n": "newline", " ": "space", "\t": "tab", "\r": "carriage return"}[character] ?? character);
