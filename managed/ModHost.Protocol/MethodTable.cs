using System.Text;

namespace ModHost.Protocol;

/// <summary>Request methods that travel as a number: MODHOST_METHOD_* of abi.h.</summary>
public static class MethodTable
{
    /// <summary>The name is given as text.</summary>
    public const int Other = 0;

    /// <summary>HEAD, whose response has no body.</summary>
    public const int Head = 2;

    /// <summary>CONNECT.</summary>
    public const int Connect = 9;

    /// <summary>One past the highest number.</summary>
    public const int Count = 10;

    private static readonly string[] Names =
        ["", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT"];

    /// <summary>The method's name; empty where <paramref name="number"/> is no method's.</summary>
    public static string Name(int number) => (uint)number < Count ? Names[number] : "";

    /// <summary>The number of a method, whose case matters, or 0.</summary>
    public static int Find(string name) => Array.IndexOf(Names, name, 1) is var number and > 0 ? number : 0;

    /// <summary>The number of a method, whose case matters, or 0.</summary>
    public static int Find(ReadOnlySpan<byte> name)
    {
        for (var number = 1; number < Count; number++)
        {
            if (Ascii.Equals(name, Names[number]))
            {
                return number;
            }
        }

        return 0;
    }
}
