using System.Text;

namespace Lateen.Config.Decoding;

/// <summary>Builds the spellings of an enum in Istio's API.</summary>
public static class Choices
{
    /// <summary>Every value of the enum in SCREAMING_SNAKE_CASE of its C# name, except where a spelling is given.</summary>
    public static ChoiceNames<T> Of<T>(params ReadOnlySpan<(string Name, T Value)> spelled)
        where T : struct, Enum
    {
        var given = spelled.ToArray();
        var names = new List<KeyValuePair<string, T>>();
        foreach (var value in Enum.GetValues<T>())
        {
            if (!given.Any(pair => EqualityComparer<T>.Default.Equals(pair.Value, value)))
            {
                names.Add(new(Snake(value.ToString()), value));
            }
        }

        names.AddRange(given.Select(pair => new KeyValuePair<string, T>(pair.Name, pair.Value)));
        return new ChoiceNames<T>(names);
    }

    /// <summary>Only the spellings that are given.</summary>
    public static ChoiceNames<T> Only<T>(params ReadOnlySpan<(string Name, T Value)> spelled)
        where T : struct, Enum =>
        new(spelled.ToArray().Select(pair => new KeyValuePair<string, T>(pair.Name, pair.Value)));

    private static string Snake(string name)
    {
        var text = new StringBuilder();
        for (var i = 0; i < name.Length; i++)
        {
            if (i > 0 && char.IsUpper(name[i]) && !char.IsUpper(name[i - 1]))
            {
                text.Append('_');
            }

            text.Append(char.ToUpperInvariant(name[i]));
        }

        return text.ToString();
    }
}
