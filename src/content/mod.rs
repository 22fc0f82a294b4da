//! Opening content: from the text that stands in a message to the text a person would read.
