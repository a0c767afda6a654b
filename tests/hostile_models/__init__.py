"""Model files that try to execute code, read files, access the network or exhaust memory: refused before they act.

===================  ==============================================================================================
CVE-2024-3660        Lambda layers hold Python bytecode
CVE-2025-1550        a configuration names any function of any module, and its arguments
CVE-2025-8747        the same with Keras' own functions: keras.utils.get_file downloads a file to any path
CVE-2025-9905        .h5 files ignore safe mode
CVE-2025-9906        a configuration disables safe mode by keras.config.enable_unsafe_deserialization
CVE-2025-49655       TorchModuleWrapper unpickles its content
CVE-2025-12058       lookup layers read their vocabulary from a file or an address (also TextVectorization)
CVE-2025-12060       archives unpack outside their folder (also Keras' pull requests 22973 and 23015: links)
CVE-2026-1462        TFSMLayer loads a SavedModel from any path
CVE-2026-1669        HDF5 stores data in other files: external storage, external links, virtual data sets
CVE-2026-0897        HDF5 data sets declare more than the file has (also pull request 22975)
keras 23010, 23101   members of the archive decompress to far more than their stored size
keras 23016          .npz weights do the same
keras 23048          layers without a module go to the legacy loader, which accepted Lambda
keras-hub            tokenizers read vocabularies from any file (PARSeqTokenizer)
===================  ==============================================================================================

The other cases are variants of these, which an allow-list refuses and a block-list would not.
"""
