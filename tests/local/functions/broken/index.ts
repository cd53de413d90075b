throw new Error("the last words");
