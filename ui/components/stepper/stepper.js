// The stepper through a program.

import { component } from "../shared/component.js";
import { Stepper } from "./walk.js";

export default component("stepper", (root) => new Stepper(root));
