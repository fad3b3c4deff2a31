/**
 * Python objects known to be of use to an attacker, with what they do: everything that published attacks on, and
 * bypasses of, pickle scanners have used, and what does the same. The list explains findings; it does not decide what
 * is clean. Only the allow-list does that, so that an object missing here is still never called safe.
 */

/** Whole modules, with everything below them. */
const MODULES: Readonly<Record<string, string>> = {
  'runs commands or touches the operating system':
    'os posix nt os2 ce subprocess _posixsubprocess _winapi commands popen2 pty pipes posixpath ntpath macpath nturl2path sys shutil tempfile fcntl resource signal _signal pwd grp spwd crypt termios tty platform sysconfig _sysconfigdata _osx_support _aix_support _bootsubprocess fileinput filecmp glob linecache mmap msvcrt winreg _winreg winsound syslog getpass atexit faulthandler sched',
  'runs Python code':
    'code codeop runpy timeit cProfile profile pstats trace bdb pdb doctest idlelib lib2to3 test unittest pytest _pytest nose IPython ipykernel jupyter pydoc pyclbr compileall py_compile ast symtable dis gc tracemalloc cgi cgitb wsgiref pexpect ptyprocess fabric invoke sh plumbum paramiko ansible _pyrepl readline rlcompleter turtle turtledemo tkinter _tkinter antigravity this smtpd numpy.f2py numpy.testing numpy.distutils numba cffi pycparser sympy pyparsing torch._dynamo torch._inductor torch._functorch torch.fx torch.utils.cpp_extension torch.utils.collect_env torch.utils.bottleneck torch.utils._config_module torch.utils.data.datapipes torch.distributed torch.testing torch.hub torch.package torch.jit torch.onnx torch.multiprocessing torch.utils.model_zoo torch.utils.hipify torch.utils.benchmark torch.utils.tensorboard scipy.weave triton tensorflow.python.framework.load_library streamlit gradio flask django celery airflow luigi jinja2 mako pyspark',
  'imports modules or resolves names':
    'importlib pkgutil imp _imp _frozen_importlib _frozen_importlib_external zipimport modulefinder imputil ihooks site sitecustomize usercustomize pkg_resources hydra six __builtins__ inspect operator _operator functools _functools types _types gettext xmlrpc',
  'unpickles or evaluates further data':
    'pickle _pickle cPickle pickletools marshal shelve copyreg._inverted_registry dill cloudpickle joblib.externals joblib.memory joblib.parallel joblib.numpy_pickle_utils jsonpickle yaml ruamel dbm anydbm whichdb _gdbm _dbm msgpack_numpy pandas.io skops.io.old mlflow torch.serialization keras.saving tensorflow.keras keras.models tensorflow.saved_model klepto sqlitedict zodbpickle',
  'opens network connections':
    'socket _socket socketserver SocketServer ssl _ssl http httplib urllib urllib2 urllib3 requests httpx aiohttp websocket websockets webbrowser ftplib smtplib poplib imaplib nntplib telnetlib xmlrpclib select selectors _overlapped boto boto3 botocore s3fs fsspec gcsfs huggingface_hub smart_open redis git docker kubernetes',
  'starts processes, threads or event loops':
    'multiprocessing _multiprocessing threading _thread thread concurrent psutil asyncio _asyncio asyncore asynchat queue Queue loky joblib._parallel_backends billiard dask distributed ray gevent eventlet twisted tornado anyio trio',
  'reaches native code or raw memory':
    'ctypes _ctypes numpy.ctypeslib cython Cython distutils.ccompiler tvm jnius win32com win32api pythoncom',
  'installs or builds software':
    'pip setuptools distutils ensurepip venv virtualenv conda zipapp msilib bento',
  'opens or changes files or databases':
    'io _io _pyio codecs.open gzip bz2 lzma _lzma _bz2 zipfile tarfile sqlite3 _sqlite3 mailbox mailcap netrc configparser ConfigParser logging.config logging.handlers csv.reader h5py tables zarr sqlalchemy psycopg2 pymysql peewee',
  'debugs or patches the running program':
    'sys.modules contextlib weakref.finalize warnings cmd bdb peak wrapt forbiddenfruit',
};

/** Single names within modules that also hold harmless ones. */
const NAMES: Readonly<Record<string, string>> = {
  'runs Python code':
    'builtins:eval builtins:exec builtins:execfile builtins:compile builtins:breakpoint builtins:apply builtins:map builtins:filter builtins:reduce builtins:exit builtins:quit builtins:help builtins:__build_class__ functools:reduce types:CodeType types:FunctionType types:LambdaType random:_test collections:namedtuple dataclasses:make_dataclass enum:_test re:_test re:Scanner numpy:vectorize numpy:frompyfunc numpy:apply_along_axis numpy:apply_over_axes numpy:fromfunction numpy:piecewise numpy.lib.function_base:vectorize numpy.lib._function_base_impl:vectorize numpy.lib.npyio:DataSource pandas:eval pandas.core.computation.eval:eval pandas.core.frame:DataFrame.eval pandas.core.frame:DataFrame.query uuid:_get_command_stdout uuid:_popen uuid:getnode ctypes.util:find_library sklearn.utils._testing:assert_run_python_script sklearn.datasets:fetch_openml string:Formatter logging:config tokenize:main keyword:main torch:compile torch.utils.data.datapipes.utils.decoder:basichandlers torch.utils.checkpoint:checkpoint torch.autograd:profiler transformers.dynamic_module_utils:get_class_from_dynamic_module transformers.dynamic_module_utils:get_class_in_module keras.layers:Lambda keras.src.layers.core.lambda_layer:Lambda',
  'imports modules or resolves names':
    'builtins:getattr builtins:setattr builtins:delattr builtins:hasattr builtins:__import__ builtins:globals builtins:locals builtins:vars builtins:dir builtins:super builtins:property builtins:classmethod builtins:staticmethod builtins:next builtins:iter builtins:callable builtins:__dict__ numpy.lib.utils:source numpy.lib.utils:lookfor keras.utils.generic_utils:deserialize_keras_object keras.saving.object_registration:get_registered_object torch._classes:classes torch:classes torch:ops torch._ops:ops sklearn.utils.fixes:parse_version django.utils.module_loading:import_string werkzeug.utils:import_string hydra.utils:instantiate hydra._internal.utils:_locate',
  'opens or changes files':
    'builtins:open builtins:file codecs:open codecs:EncodedFile codecs:open_code numpy:memmap.tofile numpy:save numpy:savez numpy:savez_compressed numpy:savetxt numpy:fromfile numpy:loadtxt numpy:genfromtxt numpy:fromregex numpy:DataSource numpy.lib.npyio:save numpy.lib.npyio:savez numpy.lib.npyio:savetxt numpy.lib.npyio:loadtxt numpy.lib.npyio:genfromtxt numpy.core.records:fromfile numpy.rec:fromfile numpy.lib.format:open_memmap logging:FileHandler logging:basicConfig logging:shutdown pathlib:Path.write_text pathlib:Path.unlink pathlib:Path.open torch:save torch:from_file torch:UntypedStorage.from_file torch.storage:UntypedStorage.from_file joblib:dump joblib.numpy_pickle:dump scipy.io:savemat scipy.io:loadmat pandas:read_csv pandas:to_pickle pandas:HDFStore',
  'unpickles or evaluates further data':
    'numpy:load numpy.lib.npyio:load numpy.lib._npyio_impl:load numpy.lib.npyio:NpzFile numpy.lib._npyio_impl:NpzFile numpy.lib.format:read_array numpy.core.multiarray:_load numpy.core._internal:_dtype_from_pep3118 numpy.ma.core:load numpy.ma.core:loads torch:load torch.storage:_load_from_bytes.load torch.package:PackageImporter joblib:load joblib.numpy_pickle:load joblib.numpy_pickle:NumpyUnpickler joblib.numpy_pickle:_unpickle joblib.numpy_pickle_compat:load_compatibility joblib.numpy_pickle_compat:ZipNumpyUnpickler pandas:read_pickle pandas.compat.pickle_compat:load pandas.compat.pickle_compat:loads scipy.io.matlab:loadmat skops.io:load tensorflow:keras.models.load_model sklearn.utils:_joblib statsmodels.iolib.smpickle:load_pickle gensim.utils:unpickle nltk.data:load spacy.util:load_model networkx:read_gpickle',
  'asks or writes to the terminal':
    'builtins:input builtins:raw_input builtins:print builtins:copyright builtins:credits builtins:license',
  'creates classes or buffers at will':
    'builtins:type builtins:memoryview builtins:id builtins:hash builtins:format builtins:sorted builtins:min builtins:max builtins:sum builtins:any builtins:all',
};

interface Effects {
  readonly modules: ReadonlyMap<string, string>;
  readonly names: ReadonlyMap<string, string>;
  /** Top-level modules of all of them, and the length of the longest. */
  readonly roots: ReadonlySet<string>;
  readonly longest: number;
}

let effects: Effects | undefined;

/** Built on first use: most runs of the command line scan nothing. */
function load(): Effects {
  if (effects) return effects;
  const modules = new Map<string, string>();
  const names = new Map<string, string>();
  for (const [effect, list] of Object.entries(MODULES)) {
    for (const module of list.split(' ')) modules.set(module, effect);
  }
  for (const [effect, list] of Object.entries(NAMES)) {
    for (const pair of list.split(' ')) names.set(pair, effect);
  }
  const roots = new Set([...modules.keys(), ...names.keys()].map((path) => path.split(/[.:]/, 1)[0] ?? ''));
  effects = { modules, names, roots, longest: Math.max(...[...roots].map((root) => root.length)) };
  return effects;
}

/** What a global known to be dangerous does; undefined where it is not known to be. */
export function dangerOf(module: string, name: string): string | undefined {
  const { modules, names } = load();
  const byName = names.get(`${module}:${name}`);
  if (byName) return byName;
  // Above the name's own module, every module it lies in, and the module that "module.name" itself may be.
  let path = `${module}.${name}`;
  for (;;) {
    const effect = modules.get(path);
    if (effect) return effect;
    const dot = path.lastIndexOf('.');
    if (dot < 0) return undefined;
    path = path.slice(0, dot);
  }
}

/** False where nothing below this top-level module is known to be dangerous. */
export function isDangerousRoot(module: string): boolean {
  const { roots, longest } = load();
  return module.length <= longest && roots.has(module);
}

/** Length of the longest top-level module that {@link isDangerousRoot} knows. */
export function longestDangerousRoot(): number {
  return load().longest;
}

/** True where one segment of a dotted path is the name of a dangerous module: `sklearn.utils` → `os`. */
export function isDangerousModuleName(segment: string): boolean {
  return load().modules.has(segment) || segment === 'builtins' || segment === '__builtin__';
}

/** Top-level modules of the Python standard library, 2.7 to 3.14, apart from those with a danger of their own. */
const STDLIB = new Set(
  '__future__ _abc _ast _bisect _blake2 _codecs _codecs_cn _codecs_hk _codecs_iso2022 _codecs_jp _codecs_kr _codecs_tw _collections _collections_abc _compat_pickle _compression _contextvars _crypt _csv _curses _curses_panel _datetime _decimal _elementtree _hashlib _heapq _json _locale _lsprof _markupbase _md5 _msi _multibytecodec _opcode _posixshmem _py_abc _pydecimal _queue _random _scproxy _sha1 _sha2 _sha256 _sha3 _sha512 _sitebuiltins _sre _stat _statistics _string _strptime _struct _symtable _threading_local _tokenize _tracemalloc _typing _uuid _warnings _weakref _weakrefset _zoneinfo _interpreters _interpchannels _interpqueues _android_support _ios_support _apple_support _colorize _opcode_metadata _suggestions _testcapi _testinternalcapi _xxsubinterpreters _zstd abc aifc annotationlib argparse array audioop base64 binascii binhex bisect builtins calendar chunk cmath codecs collections colorsys compression configparser contextvars copy copyreg csv curses dataclasses datetime decimal difflib email encodings enum errno exceptions fnmatch formatter fractions fpformat future_builtins genericpath getopt graphlib hashlib heapq hmac hotshot html htmlentitydefs htmllib imghdr ipaddress itertools json keyword locale logging macurl2path markupbase math md5 mhlib mimetools mimetypes mimify multifile mutex netrc nis new numbers opcode optparse ossaudiodev parser pathlib plistlib posixfile pprint pyexpat quopri random re repr reprlib rexec rfc822 robotparser secrets sets sgmllib sha shlex sndhdr sre sre_compile sre_constants sre_parse stat statistics statvfs string stringold stringprep strop struct sunau sunaudio tabnanny textwrap time toaiff token tokenize tomllib traceback typing unicodedata user uu uuid UserDict UserList UserString StringIO cStringIO copy_reg Bastion BaseHTTPServer SimpleHTTPServer CGIHTTPServer Cookie cookielib Tkinter HTMLParser wave weakref xdrlib xml zlib zoneinfo __builtin__'.split(
    ' ',
  ),
);

export function isStandardLibrary(module: string): boolean {
  const dot = module.indexOf('.');
  return STDLIB.has(dot < 0 ? module : module.slice(0, dot));
}

/** Libraries whose data types are listed exactly, so that anything else of theirs stands out. */
const LIBRARIES = new Set(
  'numpy scipy sklearn torch torchvision torchaudio torchtext pandas joblib skops transformers tokenizers datasets accelerate diffusers peft tensorflow keras jax flax onnx onnxruntime xgboost lightgbm catboost statsmodels networkx matplotlib PIL cv2 nltk spacy gensim mlflow wandb pytorch_lightning lightning fastai ultralytics'.split(
    ' ',
  ),
);

export function isKnownLibrary(module: string): boolean {
  const dot = module.indexOf('.');
  return LIBRARIES.has(dot < 0 ? module : module.slice(0, dot));
}
