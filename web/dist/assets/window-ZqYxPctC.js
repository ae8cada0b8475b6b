import{aQ as t,aR as e}from"./words-2InzZkSY.js";function w(i,o){t(window,["resize"],()=>e(()=>o(window[i])))}export{w as b};
