"""`k1s schema`: the JSON Schema of jobs files, for editors."""


def schema() -> None:
    """Print the JSON Schema of jobs files, so that an editor completes and checks them.

    Save it beside the file, and name it in the file's first line, which for most
    editors is `#:schema ./k1s.schema.json`.

    ```
    k1s schema > k1s.schema.json
    ```
    """
    import json

    from k1s.jobsfile.schema import schema as made

    print(json.dumps(made(), indent=2))
