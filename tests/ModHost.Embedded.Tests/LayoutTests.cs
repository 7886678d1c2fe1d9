using System.Globalization;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.InteropServices;
using ModHost.Abi;

namespace ModHost.Embedded.Tests;

/// <summary>Sizes and offsets as the C compiler sees them (tests/vectors/abi-layout.txt) and as the bindings do.</summary>
public sealed class LayoutTests
{
    private static readonly string[] s_lines = File.ReadAllLines(
        Path.Combine(RunningApp.Metadata("RepositoryRoot"), "tests/vectors/abi-layout.txt"));

    [Fact]
    public void Every_structure_has_the_size_and_the_members_of_the_header()
    {
        var expected = s_lines.Where(line => line.Length > 0 && !line.StartsWith('#')).ToArray();
        var types = expected.Select(line => line.Split(' ')).Where(words => words is [_, "size", _])
            .Select(words => words[0]).ToArray();
        Assert.NotEmpty(types);

        var actual = types.SelectMany(name => Describe(
            typeof(modhost_slice).Assembly.GetType("ModHost.Abi." + name, throwOnError: true)!)).ToArray();
        Assert.Equal(expected.Where(line => line.StartsWith("modhost_", StringComparison.Ordinal)), actual);
    }

    private static IEnumerable<string> Describe(Type type)
    {
        yield return string.Create(CultureInfo.InvariantCulture, $"{type.Name} size {SizeOf(type)}");
        foreach (var field in type.GetFields(BindingFlags.Public | BindingFlags.Instance))
        {
            yield return string.Create(CultureInfo.InvariantCulture,
                $"{type.Name}.{field.Name} {OffsetOf(field)} {SizeOf(field.FieldType)}");
        }
    }

    // Marshal knows another layout, and refuses inline arrays; what counts is where the code reads.
    private static int SizeOf(Type type)
    {
        var method = new DynamicMethod("size", typeof(int), []);
        var code = method.GetILGenerator();
        code.Emit(OpCodes.Sizeof, type);
        code.Emit(OpCodes.Ret);
        return (int)method.Invoke(null, null)!;
    }

    private static long OffsetOf(FieldInfo field)
    {
        var method = new DynamicMethod("offset", typeof(long), [typeof(nint)], field.DeclaringType!.Module, true);
        var code = method.GetILGenerator();
        code.Emit(OpCodes.Ldarg_0);
        code.Emit(OpCodes.Ldflda, field);
        code.Emit(OpCodes.Conv_I8);
        code.Emit(OpCodes.Ret);

        // Memory that may be touched: taking the address of a member first makes sure that there is something.
        var somewhere = Marshal.AllocHGlobal(SizeOf(field.DeclaringType));
        var offset = (long)method.Invoke(null, [somewhere])! - somewhere;
        Marshal.FreeHGlobal(somewhere);
        return offset;
    }
}
