/** What is known of one thing that is being worked on; a later one with the same id replaces it. */
export type Activity = {
  /** `Container shop-web-1` */
  readonly id: string
  /** One of compose's words: `Starting`, `Started`, `Pulled`… */
  readonly text: string
  readonly status: 'working' | 'done' | 'warning' | 'error'
  readonly details?: string
  /** Done with this, but not with the thing: it was created and is yet to be started. */
  readonly more?: boolean
}

/** Shows work as it is done. It is told and never asked: it decides nothing. */
export interface Renderer {
  /** A piece of work begins; `ids` is all that it will touch, in order. */
  begin(title: string, ids: readonly string[]): void
  tell(activity: Activity): void
  /** Something worth knowing that belongs to no thing in particular. */
  note(severity: 'info' | 'warning' | 'error', message: string): void
  /** The piece of work is over, whatever its outcome; resolves when all is drawn. */
  end(): Promise<void>
}

export type Write = (text: string) => void
