/* The page: what comes in goes to the cards, what is known of the service stands beside them. */

import { ask, askOnce } from "./asking.js";
import { Cards } from "./cards.js";
import { find, make } from "./dom.js";
import { Health } from "./health.js";
import { startIntake } from "./intake.js";
import { knowledge, startKey, wantKey } from "./knowledge.js";
import { showModel } from "./model.js";

const FEEDBACK = "/v1/feedback";
const LOGGED = {
  nothing: " Neither pictures nor answers are kept.",
  answers: " Answers are kept with figures of each picture, such as its brightness; the pictures are not.",
  pictures: " Pictures are kept for a time, with their answers.",
};

async function learnModel() {
  try {
    const { answer } = await ask("v1/model");
    knowledge.labels = answer.labels;
    find("logged").textContent = LOGGED[answer.logged];
    showModel(answer);
  } catch (error) {
    if (error.wantsKey) wantKey();
    else find("model-body").replaceChildren(make("p", { class: "small" }, error.message));
  }
}

async function learnService() {
  try {
    const { info, paths } = await (await askOnce("openapi.json")).json();
    knowledge.takesFeedback = FEEDBACK in paths;
    find("program").textContent = `winnow ${info.version}`;
  } catch {
    // the page does without
  }
}

const cards = new Cards();
const health = new Health({ ready: learnModel, wantsKey: wantKey });

startKey(() => {
  health.again();
  cards.retry();
});
startIntake((files) => cards.add(files));
learnService();
health.start();
