// Who answers while a finger is down: the answer service, where there is one, or the page.

/** @import { Lab } from "./lab.js" */
/** @import { PadData } from "./types.js" */

import { AnswerService } from "../shared/service.js";

const REST = 1000; // ms after which the page is told of a finger that stays where it is

export class Follow {
  /** Whether the answer service follows the gesture, and the page is told when it has ended. */
  following = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  resting;

  /** @param {Lab} lab */
  constructor(lab) {
    this.lab = lab;
    this.service = new AnswerService(
      (moment, answer) => this.hear(moment, answer),
      () => this.tellPage(),
    );
  }

  /** Nobody is followed any more. */
  end() {
    clearTimeout(this.resting);
    this.service.close();
  }

  /**
   * Where the service is, as the page says; null where there is none.
   *
   * @param {PadData["service"]} service
   */
  meet(service) {
    this.service.address = service ? String(new URL(service.address, document.baseURI)) : null;
  }

  /**
   * Something has been moved, or let go of.
   *
   * @param {boolean} final @param {boolean} own Whether only the session knows what it means.
   */
  moved(final, own) {
    if (final || own || !this.service.serves) this.tellPage();
    else this.ask();
    if (final) this.service.rest();
  }

  ask() {
    const { data, newest, state } = this.lab;
    this.following = true;
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.tellPage(), REST);
    this.service.want(newest.now, () => ({
      version: data.service?.version,
      page: data.service?.page,
      link: data.link,
      changes: state.changes(),
    }));
  }

  /**
   * The service has answered how it was at a moment.
   *
   * @param {number} moment @param {Partial<PadData>} answer
   */
  hear(moment, answer) {
    const { lab } = this;
    if (!lab.newest.ofService(moment, answer, lab.guess)) return;
    if (moment === lab.newest.now) lab.state.adopt(lab.data);
    lab.say(lab.data.notice);
    lab.view.draw();
  }

  tellPage() {
    clearTimeout(this.resting);
    this.following = false;
    this.lab.channel.flush();
  }

  /** The page has answered: what waits for it may go, but for what the service follows. */
  pass() {
    const { channel } = this.lab;
    if (!this.following || channel.pending?.final) channel.flush();
  }
}
