using System.Security.Claims;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Features.Authentication;

namespace ModHost.Server.Exchanges;

/// <summary>What the web server's administrator passes on: variables, and the user. Application thread.</summary>
internal abstract partial class Exchange : IServerVariablesFeature, IHttpAuthenticationFeature
{
    private Dictionary<string, string?>? _variablesSet;
    private ClaimsPrincipal? _user;
    private bool _userKnown;

    string? IServerVariablesFeature.this[string variableName]
    {
        get
        {
            ArgumentException.ThrowIfNullOrEmpty(variableName);
            return _variablesSet is { } set && set.TryGetValue(variableName, out var value)
                ? value
                : Still(Use, FindVariable(variableName));
        }

        set
        {
            ArgumentException.ThrowIfNullOrEmpty(variableName);
            _variablesSet ??= new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
            _variablesSet[variableName] = value;
        }
    }

    ClaimsPrincipal? IHttpAuthenticationFeature.User
    {
        get
        {
            if (!_userKnown)
            {
                _user = Still(Use, WebServerUser());
                _userKnown = true;
            }

            return _user;
        }

        set => (_user, _userKnown) = (value, true);
    }

    /// <summary>The web server's variables, with what the application has made of them.</summary>
    public IReadOnlyDictionary<string, string?> AllVariables()
    {
        var all = new SortedDictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        var head = Head;
        for (var index = 0; index < head.VariableCount; index++)
        {
            all[Encoding.UTF8.GetString(head.VariableName(index))] = Encoding.UTF8.GetString(head.VariableValue(index));
        }

        foreach (var (name, value) in _variablesSet ?? [])
        {
            all[name] = value;
        }

        return all;
    }

    private string? FindVariable(string name)
    {
        var head = Head;
        for (var index = 0; index < head.VariableCount; index++)
        {
            if (Ascii.EqualsIgnoreCase(head.VariableName(index), name))
            {
                return Encoding.UTF8.GetString(head.VariableValue(index));
            }
        }

        return null;
    }

    private ClaimsPrincipal? WebServerUser()
    {
        var head = Head;
        if (head.RemoteUser.IsEmpty)
        {
            return null;
        }

        var type = head.AuthType.IsEmpty ? "WebServer" : Encoding.UTF8.GetString(head.AuthType);
        var name = Encoding.UTF8.GetString(head.RemoteUser);
        return new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, name)], type));
    }

    private void EndVariables()
    {
        _variablesSet = null;
        _user = null;
        _userKnown = false;
    }
}
