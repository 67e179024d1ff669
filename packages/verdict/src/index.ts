export { factsOf } from './hazards/kernel-facts.ts';
export { tellStory } from './story/story.ts';
