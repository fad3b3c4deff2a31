"""Reads, from the sources of installed libraries, which parameters a function calls, instantiates or imports.

Usage: applied-facts.py < names, one `module name` a line; writes one JSON object a line. Nothing named is imported or run:
sources are found through the parent packages' paths and parsed with `ast`.
"""
import ast, importlib.util, json, os, sys

cache = {}
# Statements of each module, those below `if` and `try` included.
tops = {}


def source_of(module):
    """The path of a module's source, found without importing anything but the search path."""
    parts = module.split('.')
    for base in sys.path:
        path = os.path.join(base or '.', *parts)
        for candidate in (path + '.py', os.path.join(path, '__init__.py'), path + '.pyx'):
            if os.path.isfile(candidate):
                return candidate
    return None


def tree_of(module):
    if module not in cache:
        path = source_of(module)
        try:
            text = open(path, encoding='utf8').read() if path and path.endswith('.py') else None
            cache[module] = (ast.parse(text), path.endswith('__init__.py')) if text is not None else None
        except (SyntaxError, UnicodeDecodeError):
            cache[module] = None
        if cache[module]:
            tops[module] = top(cache[module][0])
    return cache[module]


def find(module, name, depth=0):
    """The definition of a name: (module, node), followed through re-exports."""
    found = tree_of(module)
    if found is None or depth > 8:
        return None
    tree, is_package = found
    stars = []
    for node in tops[module]:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == name:
            return module, node
    for node in tops[module]:
        if isinstance(node, ast.ImportFrom):
            base = module.split('.')
            if node.level:
                base = base[: len(base) - node.level + (1 if is_package else 0)]
                target = '.'.join(base + ([node.module] if node.module else []))
            else:
                target = node.module
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return find(target, alias.name, depth + 1)
                if alias.name == '*':
                    stars.append(target)
    for target in stars:
        hit = find(target, name, depth + 1)
        if hit:
            return hit
    return None


def top(tree):
    """Statements of a module, those below `if` and `try` included."""
    out = []
    todo = list(tree.body)
    while todo:
        node = todo.pop(0)
        out.append(node)
        if isinstance(node, (ast.If, ast.Try)):
            todo += node.body + node.orelse + getattr(node, 'finalbody', [])
            for handler in getattr(node, 'handlers', []):
                todo += handler.body
    return out


IMPORTERS = {'__import__', 'import_module', 'getattr', 'eval', 'exec', 'find_class', 'resolve_name', 'import_string'}


def parameters(function, is_method):
    names = [a.arg for a in function.args.posonlyargs + function.args.args]
    return names[1:] if is_method else names


def uses(module, cls, function, is_method, depth, seen):
    """Parameter name -> how it is applied."""
    names = parameters(function, is_method)
    star = function.args.vararg.arg if function.args.vararg else None
    # What a local name may stand for: a parameter, or an item of one.
    of = {n: n for n in names}
    if star:
        of[star] = star
    found = {}

    def root(node):
        if isinstance(node, ast.Name):
            return of.get(node.id)
        if isinstance(node, ast.Subscript):
            return root(node.value)
        if isinstance(node, ast.Starred):
            return root(node.value)
        if isinstance(node, ast.BoolOp):
            return next((r for r in map(root, node.values) if r), None)
        if isinstance(node, ast.IfExp):
            return root(node.body) or root(node.orelse)
        return None

    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            if isinstance(target, ast.Name) and root(node.value):
                of.setdefault(target.id, root(node.value))
            if isinstance(target, ast.Tuple) and root(node.value):
                for item in target.elts:
                    if isinstance(item, ast.Name):
                        of.setdefault(item.id, root(node.value))
        if isinstance(node, (ast.For, ast.comprehension)) and root(node.iter):
            for item in ast.walk(node.target):
                if isinstance(item, ast.Name):
                    of.setdefault(item.id, root(node.iter))
    for node in ast.walk(function):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        r = root(called)
        if r:
            found.setdefault(r, 'calls it')
        if isinstance(called, ast.Attribute) and called.attr == '__new__':
            for place, arg in enumerate([called.value] + node.args[:1]):
                r = root(arg)
                if r:
                    found.setdefault(r, 'instantiates it')
        if isinstance(called, ast.Attribute) and called.attr in ('__init__', '__setstate__') and root(called.value):
            found.setdefault(root(called.value), 'calls its ' + called.attr)
        name = called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ''
        if name in IMPORTERS:
            for arg in node.args[:2]:
                r = root(arg)
                # An attribute of a fixed name only reads; one whose name is given resolves.
                if r and not (name == 'getattr' and arg is node.args[0]):
                    found.setdefault(r, 'resolves it')
        if name == 'setattr' and len(node.args) == 3 and root(node.args[1]):
            found.setdefault(root(node.args[1]), 'sets attributes by it')
        # One step further: to functions of the same library that are handed a parameter.
        if isinstance(called, ast.Name) and depth > 0 and any(map(root, node.args)):
            hit = find(module, called.id)
            if hit and isinstance(hit[1], ast.FunctionDef) and (hit[0], called.id) not in seen:
                inner = uses(hit[0], None, hit[1], False, depth - 1, seen | {(hit[0], called.id)})
                their = parameters(hit[1], False)
                for place, arg in enumerate(node.args):
                    if root(arg) and place < len(their) and their[place] in inner:
                        found.setdefault(root(arg), f'hands it to {called.id}, which {inner[their[place]]}')
    return found


def facts(module, name):
    hit = find(module, name)
    if hit is None:
        return {'source': 'none'}
    where, node = hit
    out = {}
    # `__new__` and `__init__` of a class with what they inherit; instances get `__setstate__` with a state of the pickle.
    functions = []
    if isinstance(node, ast.FunctionDef):
        functions.append((where, node, False))
    else:
        seen = set()
        todo = [(where, node)]
        wanted = {'__new__', '__init__', '__setstate__'}
        while todo and wanted:
            place, cls = todo.pop(0)
            if (place, cls.name) in seen:
                continue
            seen.add((place, cls.name))
            for item in cls.body:
                if isinstance(item, ast.FunctionDef) and item.name in wanted:
                    functions.append((place, item, True))
                    wanted.discard(item.name)
            for base in cls.bases:
                if isinstance(base, ast.Name):
                    up = find(place, base.id)
                    if up and isinstance(up[1], ast.ClassDef):
                        todo.append(up)
    for place, function, method in functions:
        names = parameters(function, method)
        for name_, how in uses(place, None, function, method, 2, frozenset()).items():
            index = 'state' if function.name == '__setstate__' else names.index(name_) if name_ in names else '*'
            out[str(index)] = f'{function.name}({name_}): {how}' if method else f'{name_}: {how}'
    return {'source': where, 'applies': out}


sys.path[:] = [p for p in sys.path if p and os.path.isdir(p)]
sys.path.append(os.path.dirname(os.__file__))
for line in sys.stdin:
    module, name = line.split()
    print(json.dumps({'module': module, 'name': name, **facts(module, name)}))
