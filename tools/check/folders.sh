#!/bin/sh
# A folder includes itself, those before it, and the public headers:
#     src: base < graph < transform < kernel < plan < run;   functional and params: src/base
#     and src/graph; functional/op also the names of the tile engine's operations and the
#     special functions on numbers; layers, losses, optimizers: public headers alone.
# BLIS and libxsmm are seen by src/kernel alone, cJSON by params and tools.
cd "$(dirname "$0")/../.." || exit 1
git ls-files 'src/*.[ch]' 'functional/*.[ch]' 'params/*.[ch]' 'include/*.h' 'tools/*.[ch]' |
    xargs awk '
    BEGIN {
        n = split("base graph transform kernel plan run", order, " ")
        for (i = 1; i <= n; i++) rank[order[i]] = i
    }
    function bad(why) { print FILENAME ":" FNR ": " why ": " $0; failed = 1 }
    # "src/plan/../base/x.h" becomes "src/base/x.h"
    function resolve(path,    part, out, n, i, k) {
        n = split(path, part, "/")
        k = 0
        for (i = 1; i <= n; i++) {
            if (part[i] == "..") k--
            else if (part[i] != "." && part[i] != "") out[++k] = part[i]
        }
        path = ""
        for (i = 1; i <= k; i++) path = path (i > 1 ? "/" : "") out[i]
        return path
    }
    /^[ \t]*#[ \t]*include[ \t]*</ {
        name = $0; sub(/.*</, "", name); sub(/>.*/, "", name)
        if (name ~ /^(blis\.h|libxsmm)/ && FILENAME !~ /^src\/kernel\//)
            bad("only src/kernel sees BLIS and libxsmm")
        if (name ~ /cJSON\.h$/ && FILENAME !~ /^(params|tools)\//)
            bad("only params and tools see cJSON")
    }
    /^[ \t]*#[ \t]*include[ \t]*"/ {
        name = $0; sub(/[^"]*"/, "", name); sub(/".*/, "", name)
        folder = FILENAME; sub(/\/[^\/]*$/, "", folder)
        target = resolve(folder "/" name)
        split(FILENAME, from, "/"); split(target, to, "/")
        if (from[1] == "include") bad("public headers include public headers")
        else if (to[1] == "include") bad("public headers are included as <espalier/...>")
        else if (from[1] == "src") {
            if (to[1] != "src" || rank[to[2]] == 0 || rank[to[2]] > rank[from[2]])
                bad("src/" from[2] " may not include this")
        } else if (from[1] == "functional" || from[1] == "params") {
            layer = from[1] == "functional" && from[2] != "op" && from[2] != "solve" &&
                FILENAME !~ /^functional\/nn\/(module|apply|options)\.[ch]$/
            if (to[1] == "src" && (layer || rank[to[2]] > rank["graph"]) &&
                !(target ~ /^src\/kernel\/(tile_ops|special)\.h$/ && !layer))
                bad(folder " may not include this")
            if (to[1] != "src" && to[1] != from[1]) bad(folder " may not include this")
        }
    }
    END { exit failed }'
