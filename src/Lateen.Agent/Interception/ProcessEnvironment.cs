using System.Collections;

namespace Lateen.Agent.Interception;

/// <summary>The process's environment as a dictionary.</summary>
internal static class ProcessEnvironment
{
    public static Dictionary<string, string> Read()
    {
        Dictionary<string, string> variables = new(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            variables[(string)entry.Key] = (string?)entry.Value ?? "";
        }

        return variables;
    }
}
