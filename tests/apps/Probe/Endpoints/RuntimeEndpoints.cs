using System.Globalization;
using System.Runtime.InteropServices;

namespace Probe.Endpoints;

/// <summary>The garbage collector and the thread pool.</summary>
internal static class RuntimeEndpoints
{
    private static readonly List<byte[]> s_kept = [];
    private static volatile bool s_spin;

    public static void MapRuntime(this IEndpointRouteBuilder app)
    {
        app.Map("/runtime/collect", context =>
        {
            for (var i = 0; i < context.Number("times", 1); i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }

            return context.Answer(string.Create(CultureInfo.InvariantCulture, $"collected {GC.CollectionCount(2) > 0}"));
        });
        app.Map("/runtime/spin", context =>
        {
            s_spin = true;
            new Thread(() =>
            {
                // Never yields by itself: the collector must stop it.
                ulong turns = 0;
                while (s_spin)
                {
                    turns++;
                }

                Recorder.Add("turns", turns > 0 ? 1 : 0);
            })
            { IsBackground = true }.Start();
            return context.Answer("spinning");
        });
        app.Map("/runtime/spin-stop", context =>
        {
            s_spin = false;
            return context.Answer("stopped");
        });
        app.Map("/runtime/allocate", context =>
        {
            var kept = new List<byte[]>();
            for (var i = 0; i < context.Number("mb"); i++)
            {
                kept.Add(new byte[1 << 20]);
            }

            return context.Answer(kept.Count.ToString(CultureInfo.InvariantCulture));
        });
        app.Map("/runtime/leak", context =>
        {
            lock (s_kept)
            {
                for (var i = 0; i < context.Number("mb"); i++)
                {
                    var piece = new byte[1 << 20];
                    Array.Fill(piece, (byte)1);
                    s_kept.Add(piece);
                }
            }

            return context.Answer(s_kept.Count.ToString(CultureInfo.InvariantCulture));
        });
        app.Map("/runtime/leak-native", context =>
        {
            // Past the collector, which keeps to the limits of its control group by itself.
            var piece = new byte[1 << 20];
            Array.Fill(piece, (byte)1);
            for (var i = 0; i < context.Number("mb"); i++)
            {
                Marshal.Copy(piece, 0, Marshal.AllocHGlobal(piece.Length), piece.Length);
            }

            return context.Answer("leaked");
        });
        app.Map("/runtime/info", context => context.Answer(
            $"server-gc={System.Runtime.GCSettings.IsServerGC}\nlatency={System.Runtime.GCSettings.LatencyMode}\n"
            + $"version={Environment.Version}\naot={!System.Runtime.CompilerServices.RuntimeFeature.IsDynamicCodeSupported}\n"));
    }
}
