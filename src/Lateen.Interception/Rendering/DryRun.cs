using Lateen.Interception.Rules;

namespace Lateen.Interception.Rendering;

/// <summary>What --dry-run prints: the input of the restore programs, or the commands.</summary>
public static class DryRun
{
    /// <summary>IPv4 first.</summary>
    public static string Text(InterceptionRules rules, bool restoreFormat)
    {
        ArgumentNullException.ThrowIfNull(rules);
        return restoreFormat
            ? string.Concat(rules.Sets.Select(s => $"{CommandRenderer.Program(s.Version)}-restore --noflush\n{RestoreRenderer.Render(s)}"))
            : string.Concat(CommandRenderer.Commands(rules).Select(c => string.Join(' ', c) + "\n"));
    }
}
