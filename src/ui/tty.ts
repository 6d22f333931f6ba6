import {DefaultRenderer, Listr, ListrLogger, ProcessOutput} from 'listr2'
import {noteLine} from './plain.ts'
import type {Activity, Renderer} from './renderer.ts'
import type {Style} from './style.ts'

type Line = {
  activity: Activity
  began: number
  finish: (error?: Error) => void
  readonly finished: Promise<void>
  show: (title: string) => void
}
type Drawing = {readonly done: Promise<unknown>; readonly lines: Map<string, Line>; readonly release: () => void}

export type Terminal = {readonly stderr: NodeJS.WriteStream; readonly stdout: NodeJS.WriteStream}

/** Whoever chose this renderer has looked at the terminal; listr2 would look at standard output, which may be a pipe. */
class ChosenRenderer extends DefaultRenderer {
  static override nonTTY = true
}

/** Redraws a line per thing with its time, and `[+] up 3/5` above them. */
export function ttyRenderer(terminal: Terminal, style: Style, now: () => number): Renderer {
  let drawing: Drawing | undefined
  const notes: string[] = []
  return {
    begin(title, ids) {
      if (ids.length > 0) drawing = draw(title, ids, {terminal, style, now})
    },
    tell(activity) {
      const line = drawing?.lines.get(activity.id)
      if (line !== undefined) advance(line, activity, {style, now})
    },
    note(severity, message) {
      const line = `${noteLine(severity, message, style)}\n`
      if (drawing === undefined) terminal.stderr.write(line)
      else notes.push(line)
    },
    async end() {
      for (const line of drawing?.lines.values() ?? []) line.finish()
      await drawing?.done
      drawing?.release()
      drawing = undefined
      for (const note of notes.splice(0)) terminal.stderr.write(note)
    },
  }
}

function draw(
  title: string,
  ids: readonly string[],
  {terminal, style, now}: {terminal: Terminal; style: Style; now: () => number},
): Drawing {
  const lines = new Map(ids.map(id => [id, newLine(id, now())]))
  const tasks = [...lines.values()].map(line => ({
    title: titleOf(line, style, now),
    task: async (_: unknown, task: {title: string}) => {
      line.show = text => {
        task.title = text
      }
      line.show(titleOf(line, style, now))
      await line.finished
    },
  }))
  const heading = () => `[+] ${title} ${[...lines.values()].filter(isOver).length}/${lines.size}`
  const whole = {
    title: heading(),
    task: (_: unknown, task: {title: string; newListr: (tasks: never, options: never) => Listr}) => {
      for (const line of lines.values()) line.finished.finally(() => (task.title = heading())).catch(() => {})
      return task.newListr(tasks as never, {concurrent: true, exitOnError: false} as never)
    },
  }
  // What is drawn goes to standard error; what others write meanwhile is kept and follows the drawing.
  const output = new ProcessOutput(terminal.stderr, terminal.stdout, {leaveEmptyLine: false})
  const list = new Listr([whole as never], {
    renderer: ChosenRenderer,
    rendererOptions: optionsFor(output),
    registerSignalListeners: false,
  })
  const done = list.run().catch(() => {})
  return {lines, done, release: showCursorAtExit(output)}
}

/** Whoever leaves in the middle of a drawing gets the cursor back. */
function showCursorAtExit(output: ProcessOutput): () => void {
  const show = () => output.release()
  process.once('exit', show)
  return () => void process.off('exit', show)
}

const optionsFor = (processOutput: ProcessOutput) => ({
  indentation: 1,
  collapseSubtasks: false,
  collapseErrors: false,
  showErrorMessage: false,
  formatOutput: 'truncate' as const,
  logger: new ListrLogger({useIcons: true, processOutput}),
})

function newLine(id: string, began: number): Line {
  let finish: Line['finish'] = () => {}
  const finished = new Promise<void>((resolve, reject) => {
    finish = error => (error === undefined ? resolve() : reject(error))
  })
  finished.catch(() => {})
  return {activity: {id, text: 'Waiting', status: 'working'}, began, finish, finished, show: () => {}}
}

function advance(line: Line, activity: Activity, {style, now}: {style: Style; now: () => number}): void {
  if (line.activity.text === 'Waiting') line.began = now()
  line.activity = activity
  line.show(titleOf(line, style, now))
  if (activity.status === 'error') line.finish(new Error(activity.details ?? activity.text))
  else if (isOver(line)) line.finish()
}

const isOver = ({activity}: Line): boolean =>
  activity.status === 'error' || (activity.status === 'done' && activity.more !== true)

function titleOf({activity, began}: Line, style: Style, now: () => number): string {
  const paint = {working: style.dim, done: style.good, warning: style.warning, error: style.bad}[activity.status]
  const time = activity.text === 'Waiting' ? '' : `  ${style.dim(`${((now() - began) / 1000).toFixed(1)}s`)}`
  return `${activity.id}  ${paint(activity.text)}${activity.details === undefined ? '' : `  ${activity.details}`}${time}`
}
