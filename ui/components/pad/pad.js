// The task pad.

import { component } from "../shared/component.js";
import { Lab } from "./lab.js";

export default component("lab", (root) => new Lab(root));
