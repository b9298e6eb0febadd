"""The work was distorted: the number is real, its purpose is not served."""
