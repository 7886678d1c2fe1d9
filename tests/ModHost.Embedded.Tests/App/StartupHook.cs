/// <summary>A startup hook of the user's own, for an environment that names this assembly as one.</summary>
internal static class StartupHook
{
    public static void Initialize() => Console.WriteLine("hook=ran");
}
