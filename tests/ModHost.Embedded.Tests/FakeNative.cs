using System.Runtime.InteropServices;
using ModHost.Abi;

namespace ModHost.Embedded.Tests;

/// <summary>The part of the fake web server that is native: Native/fake.c.</summary>
internal static unsafe partial class FakeNative
{
    private const string Library = "fake";

    private static readonly nint s_library =
        NativeLibrary.Load(Library, typeof(FakeNative).Assembly, DllImportSearchPath.AssemblyDirectory);

    public static nint Address(string function) => NativeLibrary.GetExport(s_library, function);

    [LibraryImport(Library, EntryPoint = "fake_exchange_new")]
    public static partial modhost_exchange* NewExchange();

    [LibraryImport(Library, EntryPoint = "fake_exchange_take_release")]
    public static partial int TakeRelease(modhost_exchange* exchange);

    [LibraryImport(Library, EntryPoint = "fake_block_free")]
    public static partial void FreeBlocks(modhost_block* chain);

    [LibraryImport(Library, EntryPoint = "fake_live_blocks")]
    public static partial int LiveBlocks();
}
