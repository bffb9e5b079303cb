"""Takes out of the templates what they ship to an instance: the user data of an example, and the drain document; and out of
the guide what it has people put there."""

import pathlib
import re

import yaml


GUIDE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "guide.md"


class Loader(yaml.SafeLoader):
    """Reads YAML with CloudFormation's short tags, of which only the value counts here."""


def tagged(loader, _suffix, node):
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_mapping(node, deep=True)


Loader.add_multi_constructor("!", tagged)


def read(path):
    return yaml.load(path.read_text(), Loader)


def user_data(path, serial, formats="yes"):
    """The script of the example's launch template, for a volume with this serial number and the default parameters, with which the
    stack makes it blank; or, with `no`, for one that it does not."""
    template = read(path)
    text, _variables = template["Resources"]["Template"]["Properties"]["LaunchTemplateData"]["UserData"]["Fn::Base64"]["Fn::Sub"]
    values = {name: str(parameter["Default"]) for name, parameter in template["Parameters"].items() if "Default" in parameter}
    values |= {"Serial": serial, "Format": formats}
    # An unknown variable is an error here as it is there; `${!x}` stands for `${x}`.
    text = re.sub(r"\$\{([^!}]+)\}", lambda match: values[match[1]], text)
    return text.replace("${!", "${")


def drain_document(path, volumes, units):
    """The script that the agent of Systems Manager makes of the document's only step, for these parameters."""
    [step] = read(path)["Resources"]["DrainVolumes"]["Properties"]["Content"]["mainSteps"]
    script = "\n".join(step["inputs"]["runCommand"]) + "\n"
    return script.replace("{{ volumes }}", volumes).replace("{{ units }}", units)


def guide_block(words):
    """The first block of code in the guide that has these words."""
    blocks = re.findall(r"^```(?:sh|ini)\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    return next(block for block in blocks if words in block)
