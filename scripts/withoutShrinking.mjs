// Loaded before tests of changed code: that a property fails is enough to know, the smallest case of it would take minutes to find.
import fc from "fast-check";

fc.configureGlobal({ endOnFailure: true });
