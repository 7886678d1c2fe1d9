namespace ModHost.Cli.WebServers;

/// <summary>The tree that this command was installed in: <c>bin</c>, <c>lib</c>, as below /usr.</summary>
internal sealed record Installation(string Root)
{
    public string NginxModule => Path.Combine(Root, "lib", "nginx", "modules", "ngx_http_modhost_module.so");

    public string ApacheModule => Path.Combine(Root, "lib", "apache2", "modules", "mod_modhost.so");

    public string Managed => Path.Combine(Root, "lib", "modhost");

    public string Supervisor => Path.Combine(Root, "bin", "modhostd");

    /// <summary>By where this program is; MODHOST_ROOT says otherwise.</summary>
    public static Installation Own()
    {
        if (Environment.GetEnvironmentVariable("MODHOST_ROOT") is { Length: > 0 } root)
        {
            return new Installation(Path.GetFullPath(root));
        }

        var program = File.ResolveLinkTarget("/proc/self/exe", returnFinalTarget: true)?.FullName ?? "/usr/bin/modhost";
        return new Installation(Path.GetDirectoryName(Path.GetDirectoryName(program)) ?? "/usr");
    }
}
