// Marker outlines, so that no method is told apart by colour alone.
export const MARKERS = {
  transformer: "M0-7A7 7 0 1 0 .01-7Z",
  bayes: "M-6-6H6V6H-6Z",
  ridge: "M0-7L7 5H-7Z",
  ols: "M0 7L7-5H-7Z",
  gd: "M0-7L7 0L0 7L-7 0Z",
  sgd: "M-7-2H-2V-7H2V-2H7V2H2V7H-2V2H-7Z",
  knn: "M-7-7H7V7H-7Z",
  newton: "M-6-6L0-2L6-6L2 0L6 6L0 2L-6 6L-2 0Z",
};
