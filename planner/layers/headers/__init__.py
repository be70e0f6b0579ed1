"""Find the contract's columns under the headers that planners use, and write blank templates with them."""
