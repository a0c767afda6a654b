"""Model files that want to run code, read files, ask the network or take all memory: each is refused before it acts.

===================  ==============================================================================================
CVE-2024-3660        Lambda layers hold Python bytecode
CVE-2025-1550        a configuration names any function of any module, and what to call it with
CVE-2025-8747        the same with Keras' own functions: keras.utils.get_file fetches a file to anywhere
CVE-2025-9905        .h5 files ignore safe mode
CVE-2025-9906        a configuration turns safe mode off by keras.config.enable_unsafe_deserialization
CVE-2025-49655       TorchModuleWrapper unpickles
CVE-2025-12058       lookup layers read their vocabulary from a file or an address (also TextVectorization)
CVE-2025-12060       archives unpack to outside their folder (also Keras' pull requests 22973 and 23015: links)
CVE-2026-1462        TFSMLayer loads a SavedModel from anywhere
CVE-2026-1669        HDF5 keeps data in other files: external storage, external links, virtual data sets
CVE-2026-0897        HDF5 data sets declare more than the file has (also pull request 22975)
keras 23010, 23101   members of the archive decompress to far more than is stored
keras 23016          .npz weights do
keras 23048          layers without a module go to the old loader, where Lambda was let through
keras-hub            tokenizers read vocabularies from any file (PARSeqTokenizer)
===================  ==============================================================================================

The rest is ours: what the same doors would let in if only the known was kept out.
"""
