"""Validates ASFF batches as the AWS SDK does before it sends them: members and types, not lengths or values.

usage: asff_botocore.py FILE...       exit 1 when a file is refused
"""
import json
import sys

import botocore.session
from botocore.validate import ParamValidator


def main(paths):
    model = botocore.session.get_session().get_service_model("securityhub")
    shape = model.operation_model("BatchImportFindings").input_shape
    refused = False
    for path in paths:
        with open(path, encoding="utf-8") as file:
            report = ParamValidator().validate(json.load(file), shape)
        if report.has_errors():
            print(f"{path}: {report.generate_report()}")
            refused = True
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
