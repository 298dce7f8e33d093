/**
 * What ends the wait for an answer when its connection is lost: drivers leave some questions unanswered then, for ever.
 *
 *     ask ───▶ driver ───▶ answer          settles as the driver says
 *      └────── cut(why) ───▶ rejection     whatever the driver does
 *
 * A race with one promise for the connection's end would do as well, but that promise would keep a reaction of every
 * question for as long as the connection lasts. O(1) a question, in time and in what is kept of it.
 */
export class Lifeline {
  #why: Error | undefined;
  readonly #waiting: Wait[] = [];

  get isCut(): boolean {
    return this.#why !== undefined;
  }

  /** Rejects all that waits, and all that is asked later. False when it was cut before: the first reason counts. */
  cut(why: Error): boolean {
    if (this.#why !== undefined) return false;
    this.#why = why;
    for (const { abandon } of this.#waiting.splice(0)) abandon(why);
    return true;
  }

  /** `ask` puts the question and says how it ended; it is not called any more once the line is cut. */
  asked<T>(ask: (resolve: (value: T) => void, reject: (why: unknown) => void) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#why !== undefined) return reject(this.#why);
      const wait: Wait = { abandon: reject, place: this.#waiting.length };
      this.#waiting.push(wait);
      const refuse = (why: unknown): void => {
        this.#end(wait);
        reject(why instanceof Error ? why : new Error(String(why)));
      };
      try {
        ask((value) => {
          this.#end(wait);
          resolve(value);
        }, refuse);
      } catch (error) {
        refuse(error);
      }
    });
  }

  /** The same for a question that was put already. */
  answered<T>(answer: Promise<T>): Promise<T> {
    if (this.#why !== undefined) answer.catch(() => {});
    return this.asked((resolve, reject) => void answer.then(resolve, reject));
  }

  /** The last wait takes its place; does nothing when it has ended before. */
  #end(wait: Wait): void {
    if (this.#waiting[wait.place] !== wait) return;
    const last = this.#waiting.pop()!;
    if (last === wait) return;
    this.#waiting[wait.place] = last;
    last.place = wait.place;
  }
}

interface Wait {
  readonly abandon: (why: Error) => void;
  /** In the list of waits. */
  place: number;
}
