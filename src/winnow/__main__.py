"""`python -m winnow` is `winnow`."""

from winnow.cli.main import main

if __name__ == "__main__":
    main()
