'use strict'
const data = JSON.parse(document.getElementById('data').textContent)
const characters = Array.from(data.text)
const byId = id => document.getElementById(id)

const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties)
  made.append(...children)
  return made
}

const bytes = base64 => Uint8Array.from(atob(base64), c => c.charCodeAt(0))
const shown = c => ({'\n': '↵', ' ': '␣', '\t': '⇥', '\r': '␍'})[c] ?? c
const signed = value => (value < 0 ? '−' : '') + Math.abs(value).toFixed(2)

/** A text, one element per character, with a cursor that mouse, touch and arrow keys move. */
class ColouredText {
  constructor (box, text, chosen) {
    this.box = box
    this.chosen = chosen
    this.parts = text.map((c, i) => {
      const part = element('i', c === '\n' ? {className: 'end', textContent: '↵\n'} : {textContent: c})
      part.dataset.i = i
      return part
    })
    box.replaceChildren(...this.parts)
    box.tabIndex = 0
    const under = event => event.target.dataset.i !== undefined && this.choose(Number(event.target.dataset.i))
    box.addEventListener('mouseover', under)
    box.addEventListener('click', under)
    box.addEventListener('keydown', event => this.key(event))
  }

  key (event) {
    const steps = {ArrowRight: 1, ArrowLeft: -1, ArrowDown: 'down', ArrowUp: 'up', Home: -Infinity, End: Infinity}
    const step = steps[event.key]
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    const to = typeof step === 'string' ? this.below(step === 'down' ? 1 : -1) : this.at + step
    this.choose(Math.max(0, Math.min(this.parts.length - 1, to)))
    this.parts[this.at].scrollIntoView({block: 'nearest'})
  }

  /** The nearest character on the next or the previous visible line. */
  below (direction) {
    const from = this.parts[this.at].getBoundingClientRect()
    let i = this.at
    let line = null
    let best = this.at
    for (i += direction; i >= 0 && i < this.parts.length; i += direction) {
      const place = this.parts[i].getBoundingClientRect()
      if (Math.abs(place.top - from.top) < 4) continue
      if (line !== null && Math.abs(place.top - line) > 4) break
      line = place.top
      const nearer = Math.abs(place.left - from.left) < Math.abs(this.parts[best].getBoundingClientRect().left - from.left)
      if (best === this.at || nearer) best = i
    }
    return best
  }

  choose (i) {
    this.parts[this.at]?.classList.remove('at')
    this.at = i
    this.parts[i].classList.add('at')
    this.chosen(i)
  }

  colour (of) {
    this.parts.forEach((part, i) => { part.style.backgroundColor = of(i) })
  }
}

/* Surprise */
const MOST_NATS = 6
const heat = i => data.nats[i] === null ? '' : `rgba(var(--heat), ${(0.85 * Math.min(1, data.nats[i] / MOST_NATS)).toFixed(2)})`

const tellSurprise = i => {
  const box = byId('alternatives')
  if (data.nats[i] === null) {
    box.replaceChildren(element('p', {textContent: 'The first character: nothing came before it, so it is not predicted.'}))
    return
  }
  const probability = Math.exp(-data.nats[i])
  const bars = element('div', {className: 'bars'})
  const likely = data.alternatives[i]
  const rows = []
  for (let k = 0; k < likely.length; k += 2) rows.push([likely[k], likely[k + 1]])
  if (!rows.some(([c]) => c === characters[i])) rows.push([characters[i], data.unknown.includes(i) ? 0 : probability])
  for (const [c, p] of rows) {
    const bar = element('span', {className: 'bar'})
    bar.style.width = `${100 * p}%`
    const came = c === characters[i] ? 'came' : ''
    bars.append(element('code', {textContent: shown(c), className: came}), element('span', {}, bar),
      element('span', {textContent: `${(100 * p).toFixed(p < 0.1 ? 2 : 1)} %${came ? ' came' : ''}`, className: came}))
  }
  const before = characters.slice(Math.max(0, i - 18), i).map(c => c === '\n' ? '↵' : c).join('')
  box.replaceChildren(
    element('p', {}, 'After ', element('code', {textContent: `…${before}`}), ' came ', element('b', {textContent: shown(characters[i])}),
      `: ${data.nats[i].toFixed(2)} nats` + (data.unknown.includes(i) ? ' (not in the vocabulary)' : '')),
    bars)
}

const surprise = new ColouredText(byId('surprise-text'), characters, tellSurprise)
surprise.colour(heat)
surprise.choose(Math.min(characters.length - 1, data.start))

/* Memory */
let unit = null
let units = []
const diverging = value => `rgba(var(${value < 128 ? '--low' : '--high'}), ${(0.8 * Math.abs(value - 127.5) / 127.5).toFixed(2)})`
const opened = value => `rgba(var(--open), ${(0.9 * value / 255).toFixed(2)})`

const drawStrips = at => {
  const count = Math.max(20, Math.min(78, Math.floor((byId('strips').clientWidth - 96) / 13)))
  const from = Math.max(0, Math.min(characters.length - count, at - Math.floor(count / 2)))
  const to = Math.min(characters.length, from + count)
  const row = (name, cell) => {
    const made = element('tr', {}, element('th', {textContent: name, scope: 'row'}))
    for (let i = from; i < to; i++) made.append(cell(i))
    return made
  }
  const cells = (values, colour) => i => {
    const made = element('td', {className: i === at ? 'at' : ''})
    made.style.backgroundColor = colour(values[i])
    return made
  }
  const table = element('table', {}, row('text', i => element('td', {textContent: shown(characters[i]), className: i === at ? 'at' : ''})),
    row(unit.state === 'cell' ? 'cell state' : 'hidden state', cells(unit.bytes, diverging)))
  for (const gate of unit.gates) table.append(row(`${gate.name} gate`, cells(gate.bytes, opened)))
  byId('strips').replaceChildren(table)
}

const chooseUnit = index => {
  unit = units[index]
  unit.bytes ??= bytes(unit.values)
  unit.gates.forEach(gate => { gate.bytes ??= bytes(gate.values) })
  document.querySelectorAll('#units button').forEach(button => {
    button.setAttribute('aria-pressed', String(Number(button.dataset.index) === index))
  })
  byId('says').textContent = unit.says
  byId('profile').innerHTML = unit.profile
  memory.colour(i => diverging(unit.bytes[i]))
  drawStrips(memory.at ?? data.start)
}

const tellUnit = i => {
  if (unit === null) return
  drawStrips(i)
  byId('value').textContent = `After ${shown(characters[i])}: ${signed(unit.scale * (unit.bytes[i] - 127.5) / 127.5)}`
}

let memory = null
if (data.units.length > 0) {
  units = data.units
  const list = byId('units')
  let follows = null
  units.forEach((made, index) => {
    if (made.words !== follows) {
      list.append(element('h3', {textContent: made.words}))
      follows = made.words
    }
    const button = element('button', {type: 'button'}, element('span', {textContent: made.name}), element('span', {textContent: signed(made.correlation)}))
    button.dataset.index = index
    button.addEventListener('click', () => chooseUnit(index))
    list.append(button)
  })
  memory = new ColouredText(byId('memory-text'), characters, tellUnit)
  chooseUnit(0)
  memory.choose(Math.min(characters.length - 1, data.start))
  window.addEventListener('resize', () => drawStrips(memory.at))
}

/* Texts that it wrote */
const tellWritten = index => {
  const written = data.written[index]
  const text = Array.from(written.text)
  const parts = []
  let at = 0
  for (const [from, to] of written.spans) {
    if (to <= at) continue
    const start = Math.max(at, from)
    parts.push(text.slice(at, start).join(''), element('mark', {textContent: text.slice(start, to).join(''), title: `${to - from} characters that stand in the corpus`}))
    at = to
  }
  parts.push(text.slice(at).join(''))
  byId('written').replaceChildren(...parts)
  byId('written-says').textContent = written.says
  const output = byId('written-at')
  if (output) output.textContent = written.label
}
if (data.written.length > 0) {
  const slider = byId('written-slider')
  slider?.addEventListener('input', () => tellWritten(Number(slider.value)))
  tellWritten(data.written.length - 1)
}
