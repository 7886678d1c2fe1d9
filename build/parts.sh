# shellcheck shell=bash
#
# What is built, and in which order; sourced, never run.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# One folder for each preset of CMakePresets.json.
native=$artifacts/cmake

# What the managed parts are made of.
managed_sources=("$root/managed" "$root/Directory.Build.props"
    "$root/Directory.Packages.props" "$root/global.json"
    "$root/native/include/modhost")

# What NativeAOT builds are for; Directory.Build.props says it.
aot_framework=$(sed -n 's:.*<ModHostAotFramework>\(.*\)</.*:\1:p' \
    "$root/Directory.Build.props")

# Of everything that is released.
project_version=$(sed -n 's:.*<Version>\(.*\)</.*:\1:p' \
    "$root/Directory.Build.props")

# dotnet_step NAME COMMAND PROJECT OPTION...
dotnet_step() {
    local name=$1 command=$2 project=$3
    shift 3
    step "$name" dotnet "$command" "$project" -v quiet -c Release \
        -p:ArtifactsPath="$artifacts" "$@"
}

# build_native PRESET
build_native() {
    step "native: $1" sh -c 'cmake --preset "$1" -S "$2" -B "$3" &&
        cmake --build "$3" -j "$(nproc)"' - "$1" "$root" "$native/$1"
}

# Into a stage: a web server that runs from dist must not see a file change
# under it.
build_managed() {
    local stamp=$artifacts/stage/managed.stamp framework
    is_current "$stamp" "${managed_sources[@]}" && return
    rm -rf "$artifacts/stage"
    mkdir -p "$artifacts/stage"
    touch "$stamp.new"
    dotnet_step 'managed: build' pack "$root/managed/ModHost.AspNetCore" \
        -o "$artifacts/stage/packages"
    dotnet_step 'managed: templates' pack "$root/managed/ModHost.Templates" \
        -o "$artifacts/stage/packages"
    dotnet_step 'managed: publish' publish "$root/managed/ModHost.Embedded" \
        -f net10.0 --no-build -p:PublishDocumentationFiles=false \
        -o "$artifacts/stage/modhost"
    # One for each framework that applications of process groups may have.
    for framework in net9.0 net10.0; do
        dotnet_step "managed: hook for $framework" publish \
            "$root/managed/ModHost.StartupHook" -f "$framework" \
            -p:PublishDocumentationFiles=false \
            -o "$artifacts/stage/modhost/$framework"
    done
    mv "$stamp.new" "$stamp"
}

# build_program NAME PART OTHER... — a native program of a part and of those that
# it refers to, from what it is made of and nothing else: it takes a while.
build_program() {
    local name=$1 folder=$artifacts/$1 part sources=()
    for part in "${@:2}"; do
        sources+=("$root/managed/ModHost.$part")
    done
    # The command tells what this page tells.
    [[ $name != modhost ]] || sources+=("$root/docs/errors.md")
    is_current "$folder.stamp" "${sources[@]}" "${managed_sources[@]:1}" && return
    mkdir -p "$artifacts"
    touch "$folder.new"
    dotnet_step "managed: $name" publish "${sources[0]}" \
        -f "$aot_framework" -r linux-x64 -o "$folder"
    mv "$folder.new" "$folder.stamp"
}

# What the command says of itself, for man and for shells.
install_documents() {
    local share=$1/share
    mkdir -p "$share"/{man/man1,bash-completion/completions} \
        "$share"/{zsh/vendor-completions,fish/vendor_completions.d}
    "$1/bin/modhost" manual >"$share/man/man1/modhost.1"
    "$1/bin/modhost" completion bash >"$share/bash-completion/completions/modhost"
    "$1/bin/modhost" completion zsh >"$share/zsh/vendor-completions/_modhost"
    "$1/bin/modhost" completion fish >"$share/fish/vendor_completions.d/modhost.fish"
}

# The tree appears whole, by one rename.
install_dist() {
    local new=$artifacts/dist.new old=$artifacts/dist.old
    rm -rf "$new" "$old"
    mkdir -p "$new/bin" "$new/lib/modhost"
    step 'install' cmake --install "$native/release" --prefix "$new"
    cp -R "$artifacts/stage/modhost" "$new/lib"
    cp -R "$artifacts/stage/packages" "$new/packages"
    cp "$artifacts/modhostd/modhostd" "$artifacts/modhost/modhost" "$new/bin"
    install_documents "$new"
    [[ ! -e $dist ]] || mv "$dist" "$old"
    mv "$new" "$dist"
    rm -rf "$old"
}

build_dist() {
    build_native release
    build_managed
    build_program modhostd Supervisor Posix Protocol
    build_program modhost Cli Supervisor Posix Protocol
    install_dist
}

# publish_app NAME FOLDER OPTION... — one of tests/apps, for build/run and
# build/bench.
publish_app() {
    local project=$root/tests/apps/$1 folder=$2
    is_current "$folder.stamp" "$project" "${managed_sources[@]}" && return
    mkdir -p "${folder%/*}"
    touch "$folder.new"
    rm -rf "$folder"
    dotnet_step "app: ${folder##*/}" publish "$project" -o "$folder" "${@:3}"
    mv "$folder.new" "$folder.stamp"
}

# A package folder with links to what the user's own holds; but ModHost's
# package, whose version stays from build to build, is always this build's.
package_folder() {
    local folder=$artifacts/nuget package
    mkdir -p "$folder"
    rm -rf "$folder"/modhost.*
    for package in "${NUGET_PACKAGES:-$HOME/.nuget/packages}"/*/; do
        package=${package%/}
        [[ ! -d $package || ${package##*/} == modhost.* ||
            -e $folder/${package##*/} ]] || ln -sfn "$package" "$folder"
    done
}

# publish_native_app NAME FOLDER — the same as a NativeAOT library.
publish_native_app() {
    is_current "$2.stamp" "${managed_sources[@]}" || package_folder
    publish_app "$1" "$2" -p:ModHostLibrary=true -r linux-x64 \
        -p:RestoreAdditionalProjectSources="$dist/packages" \
        -p:RestorePackagesPath="$artifacts/nuget"
}

# build_tests [FILTER] — the native tests, plain and under the sanitizers, and
# every test project; or those of the group that the filter names. Integration
# tests publish their own applications.
build_tests() {
    local preset project name
    for preset in dev asan tsan; do
        [[ ${1:-} == @(managed|integration) ]] || build_native "$preset"
    done
    for project in "$root"/tests/*/*Tests.csproj; do
        name=$(basename "$project" .csproj)
        case ${1:-}:$name in
            native:* | managed:*Integration*) continue ;;
            integration:*Integration*) ;;
            integration:*) continue ;;
        esac
        dotnet_step "tests: $name" build "$project"
    done
}
