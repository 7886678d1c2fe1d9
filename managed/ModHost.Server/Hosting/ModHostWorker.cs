using System.Globalization;

namespace ModHost.Server.Hosting;

/// <summary>Which of the web server's worker processes this is. A service of every application under ModHost.</summary>
/// <remarks>
/// Hosted services run once in each worker process; an application that wants one of them to run once in all may
/// look whether <see cref="Index"/> is 0. The same numbers are in the configuration, as <c>ModHost:WorkerIndex</c> and
/// <c>ModHost:WorkerCount</c>.
/// </remarks>
public interface IModHostWorker
{
    /// <summary>From 0.</summary>
    int Index { get; }

    /// <summary>How many there are.</summary>
    int Count { get; }
}

/// <summary>The numbers of this process.</summary>
public sealed class ModHostWorker : IModHostWorker
{
    // The separator that the configuration reads as ':'.
    private const string IndexVariable = "ModHost__WorkerIndex";
    private const string CountVariable = "ModHost__WorkerCount";

    private ModHostWorker(int index, int count)
    {
        Index = index;
        Count = count;
    }

    /// <inheritdoc/>
    public int Index { get; }

    /// <inheritdoc/>
    public int Count { get; }

    /// <summary>The numbers of this process; 0 of 1 where nobody has set any.</summary>
    public static ModHostWorker Current { get; private set; } = new(0, 1);

    /// <summary>Sets them, for <see cref="Current"/> and for each application's configuration. Before any app starts.</summary>
    public static void Set(int index, int count)
    {
        Current = new ModHostWorker(index, count);
        Environment.SetEnvironmentVariable(IndexVariable, index.ToString(CultureInfo.InvariantCulture));
        Environment.SetEnvironmentVariable(CountVariable, count.ToString(CultureInfo.InvariantCulture));
    }
}
